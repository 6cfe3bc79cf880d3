#include "sim/network.hpp"

#include <optional>
#include <string>
#include <vector>

#include "sim/link_rules.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::sim;
using namespace std::chrono_literals;

namespace {

struct Heard {
  Time at;
  std::string what;
};

/// Writes down what it hears; answers when told to.
struct Listener : Endpoint {
  explicit Listener(Simulation& simulation, bool answers = false) : sim{simulation}, answer{answers} {}
  void on_message(Socket socket, Message message) override {
    heard.push_back({sim.now(), message.as<std::string>()});
    last = socket;
    if (answer) socket.send(message.kind(), 100, "re: " + message.as<std::string>());
  }
  void on_closed(Socket, CloseReason why) override {
    heard.push_back({sim.now(), why == CloseReason::closed  ? "closed"
                                : why == CloseReason::reset ? "reset"
                                                            : "refused"});
  }
  void on_open(Socket) override { heard.push_back({sim.now(), "open"}); }
  std::vector<std::string> words() const {
    std::vector<std::string> result;
    for (const auto& entry : heard) result.push_back(entry.what);
    return result;
  }
  Simulation& sim;
  bool answer;
  std::vector<Heard> heard;
  Socket last;
};

Task<> forever(Process&) {
  for (;;) co_await sleep(1h);
}

struct World {
  explicit World(NetworkOptions options = constant_latency(), std::optional<std::uint64_t> tie_seed = {})
      : sim{{.seed = 7, .tie_seed = tie_seed}},
        client_node{sim.add_node("client-node", "a")},
        server_node{sim.add_node("server-node", "b")},
        client{client_node.add_process("client")},
        server{server_node.add_process("server")},
        network{sim, options},
        at_client{sim},
        at_server{sim, true} {
    client.start(forever);
    server.start(forever);
    network.listen(server, at_server);
  }
  static NetworkOptions constant_latency() {
    NetworkOptions options;
    options.cross_zone = Distribution::constant(1ms);
    options.bytes_per_second = 0;
    return options;
  }
  void run_for(Duration time) { sim.run_until(sim.now() + time); }

  Simulation sim;
  Node& client_node;
  Node& server_node;
  Process& client;
  Process& server;
  Network network;
  Listener at_client;
  Listener at_server;
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a connection opens in one round trip, then carries requests and responses in order") {
  World world;
  Socket socket = world.network.connect(world.client, world.server, world.at_client);
  CHECK(socket.send(1, 100, std::string{"one"}));
  CHECK(socket.send(1, 100, std::string{"two"}));
  world.run_for(1s);
  CHECK(world.at_server.words() == Words{"one", "two"});
  CHECK(world.at_server.heard[0].at == kStart + 3ms);
  CHECK(world.at_client.words() == Words{"open", "re: one", "re: two"});
  CHECK(world.at_client.heard[0].at == kStart + 2ms);
  CHECK(world.at_client.heard[1].at == kStart + 4ms);
}

TEST_CASE("each direction is in order although every delay is drawn on its own") {
  NetworkOptions options;
  options.cross_zone = Distribution::exponential(5e6);
  World world{options};
  Socket socket = world.network.connect(world.client, world.server, world.at_client);
  for (int i = 0; i < 200; ++i) {
    socket.send(1, 100, std::to_string(i));
    world.run_for(1ms);
  }
  world.run_for(1s);
  REQUIRE(world.at_server.heard.size() == 200);
  for (int i = 0; i < 200; ++i)
    CHECK(world.at_server.heard[static_cast<std::size_t>(i)].what == std::to_string(i));
}

TEST_CASE("messages queue at the sender's interface") {
  auto options = World::constant_latency();
  options.bytes_per_second = 1'000'000;
  World world{options};
  Socket socket = world.network.connect(world.client, world.server, world.at_client);
  world.run_for(10ms);
  const Time sent = world.sim.now();
  socket.send(1, 50'000, std::string{"big"});
  socket.send(1, 10'000, std::string{"small"});
  world.run_for(1s);
  CHECK(world.at_server.heard[0].at == sent + 50ms + 1ms);
  CHECK(world.at_server.heard[1].at == sent + 60ms + 1ms);
}

TEST_CASE("nobody listens: refused") {
  World world;
  world.network.stop_listening(world.server);
  Socket socket = world.network.connect(world.client, world.server, world.at_client);
  world.run_for(1s);
  CHECK(world.at_client.words() == Words{"refused"});
  CHECK_FALSE(socket.is_open());
  CHECK_FALSE(socket.send(1, 1, std::string{"x"}));
}

TEST_CASE("M1: the old request stays deliverable after its sender has closed and connected anew") {
  World world;
  RuleCounts counts;
  Socket old = world.network.connect(world.client, world.server, world.at_client);
  world.run_for(10ms);
  {
    auto slow = world.network.add_rule(std::make_unique<DelayRule>(PathFilter{}, counts, Decider{1, "x", "y"},
                                                                   Distribution::constant(500ms)));
    old.send(1, 100, std::string{"old"});
  }
  old.close();
  Socket fresh = world.network.connect(world.client, world.server, world.at_client);
  fresh.send(1, 100, std::string{"new"});
  world.run_for(2s);
  CHECK(world.at_server.words() == Words{"new", "old", "closed"});
  // The answer to the old one finds nobody.
  CHECK(world.at_client.words() == Words{"open", "open", "re: new"});
}

TEST_CASE("a crashed process leaves what it sent on its way, and its host tells the peer") {
  World world;
  Socket socket = world.network.connect(world.client, world.server, world.at_client);
  world.run_for(10ms);
  SECTION("the client crashes") {
    socket.send(1, 100, std::string{"last words"});
    world.client.crash();
    world.run_for(1s);
    CHECK(world.at_server.words() == Words{"last words", "reset"});
    CHECK(world.at_client.words() == Words{"open"});
  }
  SECTION("the server crashes") {
    socket.send(1, 100, std::string{"unheard"});
    world.server.crash();
    world.run_for(1s);
    CHECK(world.at_server.words().empty());
    CHECK(world.at_client.words() == Words{"open", "reset"});
  }
  SECTION("the server stops gracefully") {
    world.server.stop();
    world.run_for(1s);
    CHECK(world.at_client.words() == Words{"open", "closed"});
  }
}

TEST_CASE("a node without power says nothing until it is back") {
  World world;
  Socket socket = world.network.connect(world.client, world.server, world.at_client);
  world.run_for(10ms);
  world.server_node.power_off();
  socket.send(1, 100, std::string{"unheard"});
  world.run_for(10s);
  CHECK(world.at_client.words() == Words{"open"});
  CHECK(socket.is_open());
  world.server_node.power_on();
  world.run_for(1s);
  CHECK(world.at_client.words() == Words{"open", "reset"});
}

TEST_CASE("a paused process finds its mail at resume") {
  World world;
  Socket socket = world.network.connect(world.client, world.server, world.at_client);
  world.run_for(10ms);
  world.server.pause();
  socket.send(1, 100, std::string{"one"});
  socket.send(1, 100, std::string{"two"});
  world.run_for(5s);
  CHECK(world.at_server.words().empty());
  const Time resumed = world.sim.now();
  world.server.resume();
  world.run_for(1s);
  CHECK(world.at_server.words() == Words{"one", "two"});
  CHECK(world.at_server.heard[0].at == resumed);
}

TEST_CASE("a receiver that stops reading gets its messages when it goes on") {
  World world;
  Socket socket = world.network.connect(world.client, world.server, world.at_client);
  socket.send(1, 100, std::string{"one"});
  world.run_for(10ms);
  world.at_server.last.stop_reading();
  socket.send(1, 100, std::string{"two"});
  socket.send(1, 100, std::string{"three"});
  world.run_for(1s);
  CHECK(world.at_server.words() == Words{"one"});
  world.at_server.last.resume_reading();
  world.run_for(1s);
  CHECK(world.at_server.words() == Words{"one", "two", "three"});
}

TEST_CASE("what comes in while mail waits to be read stands behind it, in any order of simultaneous events") {
  for (std::uint64_t tie_seed = 1; tie_seed <= 20; ++tie_seed) {
    World world{World::constant_latency(), tie_seed};
    Socket socket = world.network.connect(world.client, world.server, world.at_client);
    socket.send(1, 100, std::string{"one"});
    world.run_for(10ms);
    world.at_server.last.stop_reading();
    socket.send(1, 100, std::string{"two"});
    socket.send(1, 100, std::string{"three"});
    world.run_for(10ms);
    // In the server's own code, at the instant at which the next one comes in.
    socket.send(1, 100, std::string{"four"});
    world.server.schedule_after(1ms, Callback::to<&Socket::resume_reading>(world.at_server.last));
    world.run_for(1s);
    CHECK(world.at_server.words() == Words{"one", "two", "three", "four"});
  }
}

TEST_CASE("a partition holds packets and TCP sends them again after it heals") {
  World world;
  RuleCounts counts;
  Socket socket = world.network.connect(world.client, world.server, world.at_client);
  world.run_for(10ms);
  std::optional<RuleHandle> cut{world.network.add_rule(std::make_unique<CutRule>(PathFilter{}, counts))};
  const Time sent = world.sim.now();
  socket.send(1, 100, std::string{"one"});
  socket.send(1, 100, std::string{"two"});
  world.run_for(1s);
  CHECK(world.at_server.words().empty());
  cut.reset();
  world.run_for(5s);
  CHECK(world.at_server.words() == Words{"one", "two"});
  // Attempts at 0, 0.2, 0.6 and 1.4 s.
  CHECK(world.at_server.heard[0].at == sent + 1400ms + 1ms);
  CHECK(counts.struck == 2);
}

TEST_CASE("two overlapping partitions: only when the last one heals does anything pass") {
  World world;
  RuleCounts counts;
  Socket socket = world.network.connect(world.client, world.server, world.at_client);
  world.run_for(10ms);
  std::optional<RuleHandle> one{world.network.add_rule(std::make_unique<CutRule>(PathFilter{}, counts))};
  std::optional<RuleHandle> two{world.network.add_rule(std::make_unique<CutRule>(PathFilter{}, counts))};
  socket.send(1, 100, std::string{"x"});
  one.reset();
  world.run_for(5s);
  CHECK(world.at_server.words().empty());
  two.reset();
  world.run_for(10s);
  CHECK(world.at_server.words() == Words{"x"});
}

TEST_CASE("a one-way partition lets the other way through") {
  World world;
  RuleCounts counts;
  Socket socket = world.network.connect(world.client, world.server, world.at_client);
  world.run_for(10ms);
  auto cut = world.network.add_rule(
      std::make_unique<CutRule>(PathFilter{{&world.server_node}, {&world.client_node}, false}, counts));
  socket.send(1, 100, std::string{"x"});
  world.run_for(1s);
  CHECK(world.at_server.words() == Words{"x"});
  CHECK(world.at_client.words() == Words{"open"});
}

TEST_CASE("what a process has not read yet fills its connection") {
  World world;
  Socket socket = world.network.connect(world.client, world.server, world.at_client);
  world.run_for(10ms);
  world.server.pause();
  for (int i = 0; i < 3; ++i) {
    socket.send(1, 100, std::string{"x"});
    world.run_for(10ms);
  }
  socket.send(1, 50, std::string{"on the way"});
  CHECK(socket.unread_bytes() == 350);
  world.server.resume();
  world.run_for(1s);
  CHECK(socket.unread_bytes() == 0);
}

TEST_CASE("a lost response: the request was executed, the caller never hears") {
  World world;
  RuleCounts counts;
  Socket socket = world.network.connect(world.client, world.server, world.at_client);
  world.run_for(10ms);
  auto rule = world.network.add_rule(
      std::make_unique<VanishRule>(PathFilter{{}, {}, true, PathFilter::Traffic::responses}, counts,
                                   Decider{1, "x", "y"}, Ratio::always(), Verdict::drop(), 1));
  socket.send(1, 100, std::string{"one"});
  socket.send(1, 100, std::string{"two"});
  world.run_for(1s);
  CHECK(world.at_server.words() == Words{"one", "two"});
  // TCP delivers in order or not at all: the second answer stands behind the first.
  CHECK(world.at_client.words() == Words{"open"});
  CHECK(counts.struck == 1);
  socket.close();
  Socket another = world.network.connect(world.client, world.server, world.at_client);
  another.send(1, 100, std::string{"three"});
  world.run_for(1s);
  CHECK(world.at_client.words() == Words{"open", "open", "re: three"});
}

TEST_CASE("a reset breaks the connection on both sides and loses what was on its way") {
  World world;
  Socket socket = world.network.connect(world.client, world.server, world.at_client);
  socket.send(1, 100, std::string{"one"});
  world.run_for(10ms);
  socket.send(1, 100, std::string{"two"});
  CHECK(world.network.reset_connections(world.server) == 1);
  world.run_for(1s);
  CHECK(world.at_server.words() == Words{"one", "reset"});
  CHECK(world.at_client.words() == Words{"open", "re: one", "reset"});
  CHECK_FALSE(socket.is_open());
}

TEST_CASE("a half-open connection looks open and passes nothing") {
  World world;
  Socket socket = world.network.connect(world.client, world.server, world.at_client);
  world.run_for(10ms);
  CHECK(world.network.half_open_connections(world.client, &world.server) == 1);
  socket.send(1, 100, std::string{"x"});
  world.run_for(60s);
  CHECK(socket.is_open());
  CHECK(world.at_server.words().empty());
}

TEST_CASE("loss delays by retransmission; bandwidth by queueing") {
  World world;
  RuleCounts counts;
  Socket socket = world.network.connect(world.client, world.server, world.at_client);
  world.run_for(10ms);
  SECTION("loss") {
    auto rule = world.network.add_rule(
        std::make_unique<LossRule>(PathFilter{}, counts, Decider{3, "loss", "test"}, Ratio{1, 2}));
    for (int i = 0; i < 400; ++i) {
      socket.send(1, 100, std::to_string(i));
      world.run_for(1s);
    }
    world.run_for(1000s);
    CHECK(world.at_server.heard.size() == 400);
    CHECK(static_cast<double>(counts.struck) == Approx(static_cast<double>(counts.seen) / 2).epsilon(0.15));
  }
  SECTION("bandwidth") {
    auto rule = world.network.add_rule(std::make_unique<BandwidthRule>(PathFilter{}, counts, 1'000));
    const Time sent = world.sim.now();
    socket.send(1, 500, std::string{"a"});
    socket.send(1, 500, std::string{"b"});
    world.run_for(5s);
    CHECK(world.at_server.heard[1].at == sent + 1s + 1ms);
  }
}

namespace {

Hash128 hash_with(Ratio probability) {
  World world{[] {
    NetworkOptions options;
    options.cross_zone = Distribution::exponential(2e6);
    return options;
  }()};
  RuleCounts counts;
  auto loss = world.network.add_rule(
      std::make_unique<LossRule>(PathFilter{}, counts, Decider{7, "loss", "test"}, probability));
  auto vanish = world.network.add_rule(std::make_unique<VanishRule>(
      PathFilter{}, counts, Decider{7, "vanish", "test"}, probability, Verdict::reset()));
  auto delay = world.network.add_rule(std::make_unique<DelayRule>(
      PathFilter{}, counts, Decider{7, "delay", "test"}, Distribution::exponential(1e6), probability));
  Socket socket = world.network.connect(world.client, world.server, world.at_client);
  for (int i = 0; i < 300; ++i) {
    socket.send(1, 100, std::to_string(i));
    world.run_for(1ms);
  }
  world.run_for(1s);
  return world.sim.hash();
}

}  // namespace

TEST_CASE("rules of zero intensity leave the hash unchanged") {
  World plain{[] {
    NetworkOptions options;
    options.cross_zone = Distribution::exponential(2e6);
    return options;
  }()};
  Socket socket = plain.network.connect(plain.client, plain.server, plain.at_client);
  for (int i = 0; i < 300; ++i) {
    socket.send(1, 100, std::to_string(i));
    plain.run_for(1ms);
  }
  plain.run_for(1s);
  CHECK(hash_with(Ratio::never()) == plain.sim.hash());
  CHECK(hash_with({1, 100}) != plain.sim.hash());
}
