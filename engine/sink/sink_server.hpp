// A store behind a network connection, and the client that writes to it.
//
// Modelled: a request is atomic and becomes durable after the store's write latency; the answer can be lost;
// the client repeats the same rows after its time-out or a broken connection until it hears success, so an
// append store sees them twice. A crash of the store before the commit loses the request, after it only the
// answer. Requests of one connection are served in order. Not modelled: replication and failover of the
// store, limits of its throughput beyond the latency, isolation levels.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/sink/store.hpp"
#include "engine/sink/writer.hpp"
#include "sim/distribution.hpp"
#include "sim/network.hpp"
#include "sim/observer.hpp"
#include "sim/process.hpp"
#include "sim/signal.hpp"

namespace wrackline::sink {

struct WriteRequest {
  std::shared_ptr<const RowBatch> rows;
  std::uint32_t writer = 0;
  std::int32_t writer_generation = -1;
};
struct WriteResponse {};

class SinkServer final : public sim::Endpoint {
 public:
  SinkServer(sim::Network& network, sim::Process& process, sim::Observer& observer, std::uint32_t number,
             StoreKind kind, sim::Distribution latency);

  sim::Task<> run(sim::Process& process);
  sim::Process& process() { return process_; }
  /// What is durable survives the process.
  Store& store() { return store_; }

  void on_message(sim::Socket socket, sim::Message message) override;

 private:
  struct Open {
    sim::Socket socket;
    std::uint64_t correlation = 0;
    WriteRequest request;
    bool in_use = false;
  };
  static void commit(void* self, std::uint64_t slot);
  void apply(const WriteRequest& request);

  sim::Network& network_;
  sim::Process& process_;
  sim::Observer& observer_;
  std::uint32_t number_;
  Store store_;
  sim::Distribution latency_;
  sim::Stream stream_;
  std::vector<Open> open_;
  std::vector<std::uint32_t> free_;
};

/// One writer's connection. A write always waits until the rows are known to be durable.
class SinkClient final : public Writer, public sim::Endpoint {
 public:
  SinkClient(sim::Network& network, sim::Process& process, sim::Process& server, std::uint32_t writer,
             sim::Duration timeout = std::chrono::seconds{30});

  sim::Task<bool> write(std::shared_ptr<const RowBatch> rows, std::int32_t generation,
                        bool until_durable = true) override;
  sim::Task<> drain() override { co_return; }
  bool busy() const override { return false; }

  void on_message(sim::Socket socket, sim::Message message) override;
  void on_closed(sim::Socket socket, sim::CloseReason why) override;

 private:
  sim::Network& network_;
  sim::Process& process_;
  sim::Process& server_;
  std::uint32_t writer_;
  sim::Duration timeout_;
  sim::Socket socket_;
  std::uint64_t correlation_ = 0;
  std::uint64_t answered_ = 0;
  bool lost_ = false;
  sim::Signal news_{"the sink's answer"};
};

}  // namespace wrackline::sink
