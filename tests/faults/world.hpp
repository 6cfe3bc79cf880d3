// The smallest world in which every fault has something to strike: three nodes in two zones; a server and a
// disk on each; a client that calls the servers in turn, writes and works.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "faults/injector.hpp"
#include "sim/disk.hpp"
#include "sim/rpc.hpp"

namespace wrackline::faults::test {

using namespace std::chrono_literals;

inline constexpr sim::MomentDef kAnswered{"test.answered", {"server", "count"}, "a server answered"};

/// A server: answers, after work on its processor and a write to its disk.
class Server : public sim::RpcService {
 public:
  Server(sim::Simulation& sim, sim::Network& network, int index, std::string zone);
  void on_request(sim::RpcRequest request) override;

  sim::Node& node;
  sim::Process& process;
  sim::Disk disk;
  sim::FileId log;
  int index;
  std::uint64_t answered = 0;
  std::uint64_t starts = 0;
  std::vector<sim::Time> answers;

 private:
  sim::Task<> main(sim::Process& self);
  sim::Task<> serve(sim::RpcRequest request);
  sim::Network& network_;
  std::unique_ptr<sim::RpcServer> rpc_;
};

struct Bench {
  explicit Bench(std::uint64_t seed = 1);
  /// Runs a plan made of one fault for 60 s, healing at 50 s.
  FaultReport run(FaultSpec spec);
  std::vector<FaultReport> run(std::vector<FaultSpec> specs);

  sim::Simulation sim;
  sim::Network network;
  std::vector<std::unique_ptr<Server>> servers;
  sim::Node& client_node;
  sim::Process& client;
  std::uint64_t calls = 0;
  std::uint64_t good = 0;
  std::uint64_t bad = 0;
  std::vector<sim::Duration> latencies;
  std::vector<std::vector<std::string>> pulled;  ///< arguments of the levers
  sim::Hash128 hash;

 private:
  sim::Task<> main(sim::Process& self);
};

/// A spec that strikes at 10 s and lasts for 10 s (if it lasts).
FaultSpec spec(std::string what, std::string target, Settings params = {});
sim::Distribution fixed(sim::Duration duration);

}  // namespace wrackline::faults::test
