// The full message path: N processes on N nodes, each with connections to four random others. A message of 64
// bytes is received in the process's name, counted in a histogram of delays, hashed, changed and sent on over
// a random connection: latency from a lognormal table, serialisation, order per connection, rules asked, the
// receiver found alive.
#include <array>
#include <bit>
#include <memory>
#include <vector>

#include "bench/kernel/measure.hpp"
#include "sim/network.hpp"

using namespace wrackline::sim;

namespace {

struct Payload {
  std::uint64_t words[8];
};

struct World {
  Simulation sim{{.seed = 42}};
  Network network{sim};
  bench::Draws draws;
  bench::Meter meter;
  std::uint64_t delays[64] = {};
  explicit World(const bench::Arguments& arguments) : meter{arguments.settle(), arguments.events} {}
};

struct Peer : Endpoint {
  World& world;
  Process& process;
  std::array<Socket, 4> sockets;

  Peer(World& in, Process& runs) : world{in}, process{runs} {}
  void on_message(Socket, Message message) override {
    const auto delay = static_cast<std::uint64_t>((process.now() - message.sent()).count());
    ++world.delays[std::bit_width(delay) & 63];
    Payload payload = message.as<Payload>();
    world.sim.absorb(payload.words[0], process.id().value());
    ++payload.words[0];
    if (world.meter.tick()) world.sim.stop();
    send(payload);
  }
  void send(const Payload& payload) { sockets[world.draws.below(4)].send(1, 64, payload); }
};

}  // namespace

int main(int count, char** values) {
  const bench::Arguments arguments{count, values};
  if (arguments.workload != "actors") return 64;
  World world{arguments};
  std::vector<std::unique_ptr<Peer>> peers;
  for (std::uint32_t i = 0; i < arguments.n; ++i) {
    const std::string name = std::to_string(i);
    Process& process = world.sim.add_node("node-" + name).add_process("peer-" + name);
    process.start({});
    peers.push_back(std::make_unique<Peer>(world, process));
    world.network.listen(process, *peers.back());
  }
  for (std::uint32_t i = 0; i < arguments.n; ++i) {
    for (Socket& socket : peers[i]->sockets) {
      const std::uint32_t other = (i + 1 + world.draws.below(arguments.n - 1)) % arguments.n;
      socket = world.network.connect(peers[i]->process, peers[other]->process, *peers[i]);
    }
  }
  for (const auto& peer : peers) peer->send({});
  world.sim.run();
  world.meter.report("wrackline message path", arguments.n, world.sim.hash().low);
  std::_Exit(0);
}
