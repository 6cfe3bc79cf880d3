#include "engine/sink/sink_server.hpp"

#include "engine/sink/moments.hpp"

namespace wrackline::sink {

namespace {

constexpr std::uint32_t kRowBytes = 64;
constexpr std::chrono::milliseconds kRetryPause{100};

}  // namespace

SinkServer::SinkServer(sim::Network& network, sim::Process& process, sim::Observer& observer,
                       std::uint32_t number, StoreKind kind, sim::Distribution latency)
    : network_{network},
      process_{process},
      observer_{observer},
      number_{number},
      store_{kind},
      latency_{std::move(latency)},
      stream_{process.sim().seed(), process.name(), "write latency"} {}

sim::Task<> SinkServer::run(sim::Process& process) {
  open_.clear();
  free_.clear();
  network_.listen(process, *this);
  co_return;
}

void SinkServer::on_message(sim::Socket socket, sim::Message message) {
  auto& request = message.as<WriteRequest>();
  process_.announce(moments::kReceived, number_, static_cast<std::int64_t>(request.rows->rows.size()));
  std::uint32_t slot = 0;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(open_.size());
    open_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  open_[slot] = {socket, message.correlation(), std::move(request), true};
  socket.stop_reading();
  process_.schedule_after(latency_.sample_duration(stream_), {&commit, this, slot});
}

void SinkServer::commit(void* self, std::uint64_t slot) {
  auto& server = *static_cast<SinkServer*>(self);
  Open& open = server.open_[slot];
  const auto rows = static_cast<std::int64_t>(open.request.rows->rows.size());
  server.apply(open.request);
  server.process_.announce(moments::kDurable, server.number_, rows);
  open.socket.send(0, 64, WriteResponse{}, open.correlation);
  open.socket.resume_reading();
  open.request = {};
  open.in_use = false;
  server.free_.push_back(static_cast<std::uint32_t>(slot));
}

void SinkServer::apply(const WriteRequest& request) {
  const Applied applied = store_.apply(*request.rows);
  for (std::size_t i = 0; i < request.rows->rows.size(); ++i) {
    const ResultRow& row = request.rows->rows[i];
    sim::VisibleResult result;
    result.sink = number_;
    result.job = row.job;
    result.key = row.key;
    result.window_start_ms = row.window_start_ms;
    result.window_end_ms = row.window_end_ms;
    result.pane = row.pane;
    result.value = row.value;
    result.digest = row.digest;
    result.contributions = request.rows->contributions_of(row);
    result.overwrites = applied.overwrites[i];
    result.writer = request.writer;
    result.writer_generation = request.writer_generation;
    if (row.retracts) {
      observer_.withdrawn(result, process_.now());
    } else {
      observer_.visible(result, process_.now());
    }
  }
}

SinkClient::SinkClient(sim::Network& network, sim::Process& process, sim::Process& server,
                       std::uint32_t writer, sim::Duration timeout)
    : network_{network}, process_{process}, server_{server}, writer_{writer}, timeout_{timeout} {}

sim::Task<bool> SinkClient::write(std::shared_ptr<const RowBatch> rows, std::int32_t generation, bool) {
  const auto count = static_cast<std::int64_t>(rows->rows.size());
  const auto bytes = static_cast<std::uint32_t>(64 + kRowBytes * rows->rows.size());
  for (bool again = false;; again = true) {
    if (again) process_.announce(moments::kRetried, writer_, count);
    process_.announce(moments::kSending, writer_, count);
    if (!socket_.is_open()) socket_ = network_.connect(process_, server_, *this);
    const std::uint64_t wanted = ++correlation_;
    lost_ = false;
    socket_.send(0, bytes, WriteRequest{rows, writer_, generation}, wanted);
    const sim::Time give_up = process_.now() + timeout_;
    while (answered_ < wanted && !lost_ && process_.now() < give_up) {
      co_await news_.wait_for(give_up - process_.now());
    }
    if (answered_ >= wanted) break;
    if (!lost_) socket_.close();
    co_await sim::sleep_local(kRetryPause);
  }
  process_.announce(moments::kAcknowledged, writer_, count);
  co_return true;
}

void SinkClient::on_message(sim::Socket socket, sim::Message message) {
  if (!(socket == socket_)) return;
  answered_ = message.correlation();
  news_.wake_all();
}

void SinkClient::on_closed(sim::Socket socket, sim::CloseReason) {
  if (!(socket == socket_)) return;
  socket_ = {};
  lost_ = true;
  news_.wake_all();
}

}  // namespace wrackline::sink
