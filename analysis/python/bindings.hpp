// The parts of wrackline._core, one file each.
#pragma once

#include <pybind11/pybind11.h>

namespace wrackline::python {

void bind_trace(pybind11::module_& module);   ///< read_trace, its options, fit
void bind_replay(pybind11::module_& module);  ///< replay, tune
void bind_strategies(
    pybind11::module_& module);                ///< the catalogue of watermark strategies, and one on arrays
void bind_windows(pybind11::module_& module);  ///< which windows a record is in, and windows on arrays
void bind_join(pybind11::module_& module);     ///< joins of two tables

}  // namespace wrackline::python
