// wrackline._operators: one operator of an engine, played with by hand: opened with a configuration, stepped
// operation by operation. Both cross as JSON text in the form of the recorded cases (tests/conformance);
// wrackline/_operator.py makes Python of it.
#include <pybind11/pybind11.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "scenarios/conform/conform.hpp"

namespace py = pybind11;

namespace wrackline::python {

namespace {

using conform::Json;

/// A rule that is not built: not the user's mistake, and not the engine's refusal.
struct NotModelled : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// Runs `body`; what the drivers throw becomes Python's.
template <typename Body>
auto translated(Body&& body) {
  try {
    return body();
  } catch (const conform::NotModelledError& missing) {
    throw NotModelled("not modelled: " + missing.what);
  } catch (const Json::exception& error) {
    throw py::value_error(error.what());
  }
}

class Operator {
 public:
  explicit Operator(const std::string& opened)
      : session_(translated([&] {
          const Json what = Json::parse(opened);
          const conform::Open open = conform::find_open(what.at("kind").get<std::string>());
          if (open == nullptr) throw py::value_error("no operator of kind " + what.at("kind").dump());
          return open(what);
        })) {}

  /// The engine's refusal of the configuration, or null.
  std::string refusal() const { return session_.refusal.dump(); }
  std::string step(const std::string& in) const {
    return translated([&] { return session_.step(Json::parse(in)).dump(); });
  }

 private:
  conform::Session session_;
};

}  // namespace

}  // namespace wrackline::python

PYBIND11_MODULE(_operators, module) {
  using wrackline::python::NotModelled;
  using wrackline::python::Operator;
  module.doc() = "The engines' operators of event time, step by step";
  py::register_exception<NotModelled>(module, "NotModelled", PyExc_ValueError);
  py::class_<Operator>(module, "Operator")
      .def(py::init<const std::string&>(), py::arg("opened"))
      .def_property_readonly("refusal", &Operator::refusal)
      .def("step", &Operator::step, py::arg("operation"));
}
