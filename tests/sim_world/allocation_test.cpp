// The hot paths of the world allocate nothing once they are warm: messages, requests, disk operations, draws.
// Not under AddressSanitizer, which has operators of its own.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WRACKLINE_UNDER_ASAN
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define WRACKLINE_UNDER_ASAN
#endif
#if !defined(WRACKLINE_UNDER_ASAN)

#include <cstdlib>
#include <new>

#include "sim/disk.hpp"
#include "sim/rpc.hpp"
#include "tests/support/catch.hpp"

namespace {
std::size_t g_allocations = 0;  // of this test program, which has one thread
}

// NOLINTBEGIN: counting replacements of the global operators, for this program only.
void* operator new(std::size_t bytes) {
  ++g_allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
// NOLINTEND

using namespace wrackline::sim;
using namespace std::chrono_literals;

namespace {

struct Payload {
  std::uint64_t words[8];
};

struct Echo : RpcService {
  void on_request(RpcRequest request) override { request.reply(64, request.as<Payload>()); }
};

struct Caller {
  void on_answer(RpcResult& result) {
    answered += result.outcome == RpcOutcome::answered ? 1 : 0;
    ask();
  }
  void ask() { rpc->send(1, 64, Payload{}, 1s, RpcHandler::to<&Caller::on_answer>(*this)); }
  RpcClient* rpc = nullptr;
  std::uint64_t answered = 0;
};

struct Writer {
  void on_done(std::uint64_t, DiskResult) {
    ++done;
    write();
  }
  void write() {
    if (done % 16 == 15) {
      disk->flush(file, *process, DiskHandler::to<&Writer::on_done>(*this));
    } else {
      disk->append(file, *process, 100, 1, DiskHandler::to<&Writer::on_done>(*this));
    }
  }
  Disk* disk = nullptr;
  Process* process = nullptr;
  FileId file;
  std::uint64_t done = 0;
};

Task<> forever(Process&) {
  for (;;) co_await sleep(1000h);
}

}  // namespace

TEST_CASE("requests, responses and disk operations allocate nothing in steady state") {
  Simulation sim{{.seed = 1}};
  Process& client = sim.add_node("a").add_process("client");
  Process& server = sim.add_node("b").add_process("server");
  client.start(forever);
  server.start(forever);
  Network network{sim};
  Echo echo;
  RpcServer rpc_server{network, server, echo};
  RpcClient rpc{network, client, server};
  Caller caller;
  caller.rpc = &rpc;
  Disk disk{server.node(), "b/d"};
  Writer writer;
  writer.disk = &disk;
  writer.process = &server;
  writer.file = disk.open("log");
  sim.run_until(kStart + 1ms);
  for (int i = 0; i < 5; ++i) caller.ask();
  writer.write();
  sim.run_until(kStart + 40s);
  const std::size_t before = g_allocations;
  const std::uint64_t answered = caller.answered;
  const std::uint64_t written = writer.done;
  sim.run_until(kStart + 60s);
  const std::size_t allocations = g_allocations - before;
  CHECK(caller.answered - answered > 100'000);
  CHECK(writer.done - written > 20'000);
  // Hash checkpoints and the radix queue's buckets may still grow a few times.
  INFO("allocations: " << allocations);
  CHECK(allocations < 100);
}

#endif
