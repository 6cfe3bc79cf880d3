#include "engine/event_time/spark/static_relation.hpp"

namespace wrackline::event_time::spark {

void StaticRelation::write(Write how, const RowBatch& rows) {
  if (kind_ == Kind::values) return;
  if (how != Write::append) current_.clear();
  for (std::size_t i = 0; i < rows.size(); ++i) current_.append(rows.row(i));
  if (kind_ == Kind::files) {
    if (how == Write::overwrite_in_place) listed_ = current_;
    return;
  }
  if (!refreshed_) {
    refreshed_ = true;
    listed_ = current_;
  } else if (how != Write::append) {
    lost_ = true;
  }
}

void StaticRelation::plan() {
  listed_ = current_;
  refreshed_ = false;
  lost_ = false;
}

}  // namespace wrackline::event_time::spark
