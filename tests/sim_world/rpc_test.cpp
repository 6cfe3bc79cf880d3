#include "sim/rpc.hpp"

#include <string>
#include <vector>

#include "sim/link_rules.hpp"
#include "tests/support/catch.hpp"

using namespace wrackline::sim;
using namespace std::chrono_literals;

namespace {

Task<> forever(Process&) {
  for (;;) co_await sleep(1h);
}

struct Doubler : RpcService {
  void on_request(RpcRequest request) override {
    order.push_back(request.as<int>());
    if (later) {
      waiting.push_back(std::move(request));
      return;
    }
    const int answer = 2 * request.as<int>();
    request.reply(8, answer);
  }
  bool later = false;
  std::vector<int> order;
  std::vector<RpcRequest> waiting;
};

struct World {
  World()
      : client{sim.add_node("n1", "a").add_process("client")},
        server{sim.add_node("n2", "a").add_process("server")},
        network{sim, {.same_zone = Distribution::constant(1ms), .bytes_per_second = 0}},
        rpc_server{network, server, doubler},
        rpc{network, client, server} {
    client.start(forever);
    server.start(forever);
  }
  void run_for(Duration time) { sim.run_until(sim.now() + time); }
  void on_answer(std::uint64_t number, RpcResult& result) {
    answers.push_back(std::to_string(number) + (result.outcome == RpcOutcome::answered
                                                    ? ":" + std::to_string(result.response.as<int>())
                                                : result.outcome == RpcOutcome::timed_out ? ":timeout"
                                                                                          : ":disconnected"));
  }
  void ask(int what, Duration timeout = 1s) {
    rpc.send(1, 8, what, timeout, RpcHandler::to<&World::on_answer>(*this, static_cast<std::uint64_t>(what)));
  }

  Simulation sim{{.seed = 1}};
  Process& client;
  Process& server;
  Network network;
  Doubler doubler;
  RpcServer rpc_server;
  RpcClient rpc;
  std::vector<std::string> answers;
};

using Words = std::vector<std::string>;

Task<> ask_twice(RpcClient& rpc, std::vector<int>& got) {
  for (int i = 1; i <= 2; ++i) {
    RpcResult result = co_await rpc.call(1, 8, 10 * i, 1s);
    got.push_back(result.outcome == RpcOutcome::answered ? result.response.as<int>() : -1);
  }
}

}  // namespace

TEST_CASE("answers find their requests") {
  World world;
  world.ask(1);
  world.ask(2);
  world.run_for(1s);
  CHECK(world.answers == Words{"1:2", "2:4"});
  CHECK(world.rpc.in_flight() == 0);
}

TEST_CASE("a task awaits its answer") {
  World world;
  std::vector<int> got;
  world.client.spawn("ask", ask_twice(world.rpc, got));
  world.run_for(1s);
  CHECK(got == std::vector<int>{20, 40});
}

TEST_CASE("the next request is read after the reply to the one before") {
  World world;
  world.doubler.later = true;
  world.ask(1);
  world.ask(2);
  world.run_for(100ms);
  CHECK(world.doubler.order == std::vector<int>{1});
  world.doubler.waiting[0].reply(8, 5);
  world.run_for(100ms);
  CHECK(world.doubler.order == std::vector<int>{1, 2});
  CHECK(world.answers == Words{"1:5"});
}

TEST_CASE("a timeout is the client's alone: the answer that comes later is dropped") {
  World world;
  world.doubler.later = true;
  world.ask(1, 50ms);
  world.run_for(100ms);
  CHECK(world.answers == Words{"1:timeout"});
  world.doubler.waiting[0].reply(8, 5);
  world.ask(2);
  world.run_for(100ms);
  CHECK(world.answers == Words{"1:timeout"});
  world.doubler.waiting[1].reply(8, 6);
  world.run_for(100ms);
  CHECK(world.answers == Words{"1:timeout", "2:6"});
}

TEST_CASE("a disconnect ends all requests in flight; the next one opens a new connection") {
  World world;
  world.doubler.later = true;
  world.ask(1);
  world.ask(2);
  world.run_for(100ms);
  world.rpc.disconnect();
  CHECK(world.answers == Words{"1:disconnected", "2:disconnected"});
  world.ask(3);
  world.run_for(100ms);
  CHECK(world.rpc.connects() == 2);
  // The second request was waiting unread at the server when its connection closed; the first had been taken.
  CHECK(world.doubler.order == std::vector<int>{1, 3});
}

TEST_CASE("a crashed server disconnects; a cancelled task forgets its answer") {
  World world;
  world.doubler.later = true;
  std::vector<int> got;
  TaskHandle task = world.client.spawn("ask", ask_twice(world.rpc, got));
  world.ask(7);
  world.run_for(10ms);
  task.cancel();
  world.server.crash();
  world.run_for(100ms);
  CHECK(got.empty());
  CHECK(world.answers == Words{"7:disconnected"});
}
