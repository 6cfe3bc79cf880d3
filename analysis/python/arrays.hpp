// Columns between C++ and NumPy, without copies: what comes in is looked at where it lies, what goes out is
// moved into an array that owns it. Columns are int64, keys uint32, all contiguous; the Python side makes
// them so.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace wrackline::python {

namespace py = pybind11;

using Times = py::array_t<std::int64_t, py::array::c_style>;
using Keys = py::array_t<std::uint32_t, py::array::c_style>;

template <class T, int flags>
std::span<const T> span_of(const py::array_t<T, flags>& array) {
  return {array.data(), static_cast<std::size_t>(array.size())};
}
template <class T, int flags>
std::span<const T> span_of(const std::optional<py::array_t<T, flags>>& array) {
  return array ? span_of(*array) : std::span<const T>{};
}

template <class T>
py::array owned(std::vector<T> column) {
  auto* const moved = new std::vector<T>(std::move(column));
  const py::capsule owner(moved, [](void* p) { delete static_cast<std::vector<T>*>(p); });
  return py::array_t<T>(static_cast<py::ssize_t>(moved->size()), moved->data(), owner);
}

/// Text that somebody else wrote: bytes that are no UTF-8 become replacement characters.
inline py::str lenient(const std::string& text) {
  return py::reinterpret_steal<py::str>(
      PyUnicode_DecodeUTF8(text.data(), static_cast<py::ssize_t>(text.size()), "replace"));
}

/// Raises ValueError with all of it, a line each; nothing if there is nothing.
inline void refuse(const std::vector<std::string>& problems) {
  if (problems.empty()) return;
  std::string all;
  for (const std::string& one : problems) all += (all.empty() ? "" : "\n") + one;
  throw py::value_error(all);
}

/// The columns of a trace as every call takes them; key and value may be missing.
struct TraceArrays {
  Times event_ms;
  Times arrival_ms;
  std::optional<Keys> key;
  std::optional<Times> value;

  void check() const {
    const auto rows = event_ms.size();
    if (arrival_ms.size() != rows || (key && key->size() != rows) || (value && value->size() != rows))
      throw py::value_error("the columns differ in length");
  }
};

}  // namespace wrackline::python
