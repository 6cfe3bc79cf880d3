#include "sim/ziggurat.hpp"

#include <array>
#include <cmath>

#include "sim/math.hpp"

namespace wrackline::sim {
namespace {

/// The layers: widths x[i] and heights y[i] = f(x[i]). Layer 256 is the base with the tail beyond `edge`.
struct Layers {
  std::array<double, 257> x{};
  std::array<double, 257> y{};
  double edge;

  template <class Density, class Inverse>
  Layers(double tail_edge, double area, Density f, Inverse inverse) : edge{tail_edge} {
    x[256] = area / f(edge);
    x[255] = edge;
    for (std::size_t i = 254; i > 0; --i) x[i] = inverse(area / x[i + 1] + f(x[i + 1]));
    x[0] = 0;
    for (std::size_t i = 0; i <= 256; ++i) y[i] = f(x[i]);
  }
};

double exponential_density(double v) { return math::exp(-v); }
double normal_density(double v) { return math::exp(-0.5 * v * v); }

const Layers kExponential{7.69711747013104972, 0.0039496598225815571993, exponential_density,
                          [](double height) { return -math::log(height); }};
const Layers kNormal{3.6541528853610088, 0.00492867323399, normal_density,
                     [](double height) { return std::sqrt(-2 * math::log(height)); }};

}  // namespace

double draw_exponential(Stream& stream) {
  for (;;) {
    const std::uint64_t bits = stream.next();
    const std::size_t layer = (bits & 255) + 1;
    const double value = draw::unit(bits) * kExponential.x[layer];
    if (value < kExponential.x[layer - 1]) return value;
    if (layer == 256) return kExponential.edge - math::log(stream.open_unit());
    const double height =
        kExponential.y[layer] + stream.unit() * (kExponential.y[layer - 1] - kExponential.y[layer]);
    if (height < exponential_density(value)) return value;
  }
}

double draw_normal(Stream& stream) {
  for (;;) {
    const std::uint64_t bits = stream.next();
    const std::size_t layer = (bits & 255) + 1;
    const double sign = (bits & 256) != 0 ? -1 : 1;
    const double value = draw::unit(bits) * kNormal.x[layer];
    if (value < kNormal.x[layer - 1]) return sign * value;
    if (layer == 256) {
      for (;;) {
        const double beyond = -math::log(stream.open_unit()) / kNormal.edge;
        const double other = -math::log(stream.open_unit());
        if (2 * other >= beyond * beyond) return sign * (kNormal.edge + beyond);
      }
    }
    const double height = kNormal.y[layer] + stream.unit() * (kNormal.y[layer - 1] - kNormal.y[layer]);
    if (height < normal_density(value)) return sign * value;
  }
}

}  // namespace wrackline::sim
