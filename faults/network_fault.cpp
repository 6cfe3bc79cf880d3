#include "faults/network_fault.hpp"

#include <fmt/format.h>

namespace wrackline::faults {

ParamDef peers_param() {
  return {.name = "peers",
          .type = ParamType::text,
          .fallback = "",
          .doc = "selector of the other ends, or several joined by '+'; without: all other machines",
          .selects = true};
}

ParamDef traffic_param() {
  return {.name = "traffic",
          .type = ParamType::choice,
          .fallback = "both",
          .doc =
              "which way, seen from the target: both, what it sends, what it receives, only requests or only "
              "responses",
          .choices = {"both", "out", "in", "requests", "responses"}};
}

void to_connections(Scene& scene,
                    std::uint32_t (sim::Network::*act)(const sim::Process& process, const sim::Process* peer),
                    std::string_view what) {
  if (scene.world.network == nullptr) return scene.missed("this world has no network");
  std::vector<const sim::Process*> peers{nullptr};
  if (const std::string& selector = scene.text("peers"); !selector.empty()) {
    peers.clear();
    for (const sim::Node* node : scene.nodes_of(selector)) {
      for (const auto& process : node->processes()) peers.push_back(process.get());
    }
  }
  std::uint32_t connections = 0;
  for (const sim::Process* process : scene.processes()) {
    for (const sim::Process* peer : peers) connections += (scene.world.network->*act)(*process, peer);
  }
  if (connections == 0) return scene.missed(fmt::format("no connection for: {}", what));
  scene.did(fmt::format("{} connections {}", connections, what), connections);
}

void RuleFault::strike(Scene& scene) {
  if (scene.world.network == nullptr) {
    scene.missed("this world has no network");
    return;
  }
  const std::string& traffic = scene.text("traffic");
  sim::PathFilter filter;
  for (const sim::Node* node : scene.nodes()) filter.from.push_back(node);
  if (const std::string& peers = scene.text("peers"); !peers.empty()) {
    for (const sim::Node* node : scene.nodes_of(peers)) filter.to.push_back(node);
    if (filter.to.empty()) return;
  }
  filter.both_ways = traffic != "out" && traffic != "in";
  if (traffic == "in") std::swap(filter.from, filter.to);
  if (traffic == "requests") filter.traffic = sim::PathFilter::Traffic::requests;
  if (traffic == "responses") filter.traffic = sim::PathFilter::Traffic::responses;
  const sim::Decider decider{scene.stream.next()};
  handle_ = scene.world.network->add_rule(rule(scene, std::move(filter), counts_, decider));
}

void RuleFault::heal(Scene& scene) {
  handle_.end();
  const std::string text = fmt::format("{} of {} {}", counts_.struck, counts_.seen, effect());
  if (counts_.struck > 0) {
    scene.did(text, counts_.struck);
  } else {
    scene.missed(text);
  }
}

}  // namespace wrackline::faults
