// The parts of wrackline._core, one file each.
#pragma once

#include <pybind11/pybind11.h>

namespace wrackline::python {

void bind_trace(pybind11::module_& module);       ///< read_trace, its options, fit
void bind_replay(pybind11::module_& module);      ///< replay, tune
void bind_event_time(pybind11::module_& module);  ///< watermark strategies and windows on arrays

}  // namespace wrackline::python
