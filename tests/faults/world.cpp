#include "tests/faults/world.hpp"

namespace wrackline::faults::test {

Server::Server(sim::Simulation& sim, sim::Network& network, int number, std::string zone)
    : node{sim.add_node("n" + std::to_string(number), std::move(zone))},
      process{node.add_process("server-" + std::to_string(number))},
      disk{node, node.name() + "/d"},
      log{disk.open("log")},
      index{number},
      network_{network} {
  process.start([this](sim::Process& self) { return main(self); });
}

sim::Task<> Server::main(sim::Process& self) {
  ++starts;
  rpc_ = std::make_unique<sim::RpcServer>(network_, self, *this, false);
  for (;;) {
    co_await sim::sleep_local(100ms);
    co_await disk.flush(log, self);
  }
}

void Server::on_request(sim::RpcRequest request) { process.spawn("serve", serve(std::move(request))); }

sim::Task<> Server::serve(sim::RpcRequest request) {
  co_await node.cpu().work(1ms);
  const sim::DiskResult result = co_await disk.append(log, process, 100, 1);
  process.announce(kAnswered, index, static_cast<std::int64_t>(answered + 1));
  ++answered;
  answers.push_back(process.now());
  request.reply(50, result == sim::DiskResult::ok);
}

Bench::Bench(std::uint64_t seed)
    : sim{{.seed = seed}},
      network{sim},
      client_node{sim.add_node("n0", "a")},
      client{client_node.add_process("client")} {
  sim.moments().declare({&kAnswered});
  for (int i = 1; i <= 3; ++i)
    servers.push_back(std::make_unique<Server>(sim, network, i, i == 1 ? "a" : "b"));
  sim.selectors().add_role("server", {}, "the servers", [this](std::span<const std::string>) {
    std::vector<sim::Target> found;
    for (const auto& server : servers) found.push_back(sim::target_of(server->process));
    return found;
  });
  for (const FaultType* type : vocabulary()) {
    if (type->targets != TargetKind::name) continue;
    std::vector<std::string> parameters{"target"};
    for (const ParamDef& param : type->params) parameters.emplace_back(param.name);
    if (type->lasts) parameters.emplace_back("length");
    sim.levers().add(
        {std::string{type->name}, parameters, "", [this](std::span<const std::string> arguments) {
           if (arguments[0] == "nothing") return sim::LeverOutcome::no_effect("there was nothing to do");
           pulled.emplace_back(arguments.begin(), arguments.end());
           return sim::LeverOutcome::acted("done to " + arguments[0]);
         }});
  }
  client.start([this](sim::Process& self) { return main(self); });
}

sim::Task<> Bench::main(sim::Process& self) {
  std::vector<std::unique_ptr<sim::RpcClient>> clients;
  for (const auto& server : servers) {
    clients.push_back(std::make_unique<sim::RpcClient>(network, self, server->process));
  }
  for (;; ++calls) {
    auto& target = *clients[calls % clients.size()];
    const sim::Time sent = self.now();
    const sim::RpcResult result = co_await target.call(1, 200, 7, 500ms);
    latencies.push_back(self.now() - sent);
    if (result.outcome == sim::RpcOutcome::answered) {
      ++good;
    } else {
      ++bad;
      if (result.outcome == sim::RpcOutcome::timed_out) target.disconnect();
    }
    co_await sim::sleep(10ms);
  }
}

std::vector<FaultReport> Bench::run(std::vector<FaultSpec> specs) {
  std::vector<sim::Disk*> disks;
  for (const auto& server : servers) disks.push_back(&server->disk);
  Injector injector{{sim, &network, disks}, resolve(specs, sim.seed(), sim::kStart + 50s)};
  injector.arm();
  sim.run_until(sim::kStart + 60s);
  hash = sim.hash();
  return injector.report();
}

FaultReport Bench::run(FaultSpec one) { return run(std::vector<FaultSpec>{std::move(one)})[0]; }

FaultSpec spec(std::string what, std::string target, Settings params) {
  FaultSpec result;
  result.id = "it";
  result.what = std::move(what);
  result.target = std::move(target);
  result.timing = At{10s};
  result.params = std::move(params);
  if (const FaultType* type = find_fault(result.what); type != nullptr && type->lasts)
    result.lasts = fixed(10s);
  return result;
}

sim::Distribution fixed(sim::Duration duration) { return sim::Distribution::constant(duration); }

}  // namespace wrackline::faults::test
