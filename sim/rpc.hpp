// Requests and responses over connections, the way the real clients do it: correlation ids, several requests
// in flight, a timeout that belongs to the client alone, a reconnect with the next request. Nothing is
// retried here: that is the caller's rule.
//
//   RpcClient broker{network, client_process, broker_process};
//   RpcResult result = co_await broker.call(kFetch, 120, FetchRequest{...}, 30s);
//   if (result.outcome == RpcOutcome::answered) use(result.response.as<FetchResponse>());
//   broker.send(kProduce, bytes, ProduceRequest{...}, 30s, RpcHandler::to<&Sender::on_answer>(sender,
//   batch_number));
//
//   struct Broker : RpcService { void on_request(RpcRequest request) override { request.reply(64,
//   FetchResponse{}); } }; RpcServer server{network, broker_process, broker};
//
// A request that timed out may still be executed, and its answer is dropped when it comes. disconnect() ends
// the connection as Kafka's NetworkClient does after a request timeout; what was sent remains deliverable,
// and every request in flight ends as `disconnected`. Timeouts run by the client node's monotonic clock as it
// goes when the request is sent.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sim/network.hpp"
#include "sim/task.hpp"

namespace wrackline::sim {

enum class RpcOutcome : std::uint8_t { answered, timed_out, disconnected };

struct RpcResult {
  RpcOutcome outcome = RpcOutcome::disconnected;
  CloseReason why = CloseReason::closed;  ///< of a disconnection
  Message response;                       ///< only when answered
};

/// Where an answer goes: a plain function, an object and one word.
struct RpcHandler {
  using Function = void (*)(void* object, std::uint64_t argument, RpcResult& result);
  Function function = nullptr;
  void* object = nullptr;
  std::uint64_t argument = 0;

  /// `RpcHandler::to<&Sender::on_answer>(sender, n)` calls sender.on_answer(n, result) or
  /// sender.on_answer(result).
  template <auto Member, class Object>
  static RpcHandler to(Object& object, std::uint64_t argument = 0) {
    return {[](void* self, std::uint64_t word, RpcResult& result) {
              if constexpr (std::is_invocable_v<decltype(Member), Object&, std::uint64_t, RpcResult&>) {
                (static_cast<Object*>(self)->*Member)(word, result);
              } else {
                (static_cast<Object*>(self)->*Member)(result);
              }
            },
            &object, argument};
  }
};

class RpcClient final : public Endpoint {
 public:
  using Correlation = std::uint64_t;

  RpcClient(Network& network, Process& self, Process& server);
  RpcClient(const RpcClient&) = delete;
  RpcClient& operator=(const RpcClient&) = delete;
  ~RpcClient() override;

  /// Connects if necessary. The handler is called exactly once, later, in this process's name, unless
  /// forgotten.
  template <class T>
  Correlation send(std::uint32_t kind, std::uint32_t bytes, T request, Duration timeout, RpcHandler handler) {
    return send(Message::make(kind, bytes, std::move(request)), timeout, handler);
  }
  Correlation send(Message request, Duration timeout, RpcHandler handler);
  /// Nobody waits for that answer any more.
  void forget(Correlation correlation);

  class Call;
  template <class T>
  [[nodiscard]] Call call(std::uint32_t kind, std::uint32_t bytes, T request, Duration timeout);

  /// Ends the connection; every request in flight ends as disconnected (their handlers run before this
  /// returns).
  void disconnect();
  bool connected() const { return socket_.is_open(); }
  std::size_t in_flight() const { return pending_.size(); }
  Process& server() const { return server_; }
  /// Connections opened so far.
  std::uint64_t connects() const { return connects_; }

 private:
  struct Pending {
    Correlation correlation;
    Time deadline;
    RpcHandler handler;
  };

  void on_message(Socket socket, Message message) override;
  void on_closed(Socket socket, CloseReason why) override;
  void on_deadline();
  void arm(Time deadline);
  void fail_all(CloseReason why);

  std::shared_ptr<Network*> network_;
  Process& self_;
  Process& server_;
  Socket socket_;
  std::uint32_t incarnation_;
  Correlation last_ = 0;
  std::uint64_t connects_ = 0;
  std::vector<Pending> pending_;  ///< in the order of sending
  EventHandle timer_;
  Time timer_at_ = kNever;
};

/// The awaiter of call(). Giving up (a cancelled task) forgets the answer.
class [[nodiscard]] RpcClient::Call {
 public:
  Call(RpcClient& client, Message request, Duration timeout)
      : client_{client}, request_{std::move(request)}, timeout_{timeout} {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() {
    if (task_ != nullptr) client_.forget(correlation_);
  }
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> caller) {
    task_ = &caller.promise();
    task_->wait_for(kAwaitsAnswer, &client_);
    correlation_ = client_.send(std::move(request_), timeout_, {&Call::answered, this, 0});
  }
  RpcResult await_resume() {
    std::exchange(task_, nullptr)->resumed();
    return std::move(result_);
  }

 private:
  static const WaitKind kAwaitsAnswer;
  static void answered(void* self, std::uint64_t, RpcResult& result) {
    auto& call = *static_cast<Call*>(self);
    call.result_ = std::move(result);
    call.task_->wake();
  }
  RpcClient& client_;
  Message request_;
  Duration timeout_;
  RpcResult result_;
  Correlation correlation_ = 0;
  TaskFrame* task_ = nullptr;
};

template <class T>
RpcClient::Call RpcClient::call(std::uint32_t kind, std::uint32_t bytes, T request, Duration timeout) {
  return Call{*this, Message::make(kind, bytes, std::move(request)), timeout};
}

/// A request at the server: answer it now or later, from anywhere in the server's process.
class RpcRequest {
 public:
  RpcRequest(Socket from, Message request, bool muted)
      : from_{from},
        request_{std::move(request)},
        correlation_{request_.correlation()},
        kind_{request_.kind()},
        muted_{muted} {}
  RpcRequest(RpcRequest&& other) noexcept = default;
  RpcRequest& operator=(RpcRequest&& other) noexcept = default;

  std::uint32_t kind() const { return kind_; }
  std::uint32_t bytes() const { return request_.bytes(); }
  template <class T>
  T& as() {
    return request_.as<T>();
  }
  Process& client() const { return from_.peer(); }
  const Socket& socket() const { return from_; }
  bool client_waits() const { return from_.is_open(); }

  template <class T>
  void reply(std::uint32_t response_bytes, T response) {
    from_.send(kind_, response_bytes, std::move(response), correlation_);
    finish();
  }
  /// Done without an answer (acks=0).
  void finish() {
    // The next request may arrive at once and move this object about.
    Socket from = from_;
    if (std::exchange(muted_, false)) from.resume_reading();
  }

 private:
  Socket from_;
  Message request_;
  std::uint64_t correlation_;
  std::uint32_t kind_;
  bool muted_;
};

class RpcService {
 public:
  virtual ~RpcService() = default;
  virtual void on_request(RpcRequest request) = 0;
  virtual void on_client_gone(Socket /*socket*/, CloseReason /*why*/) {}
};

/// Takes requests for a service. With `one_at_a_time`, the next request of a connection is read after the
/// reply to the one before (or its finish()): Kafka's SocketServer mutes the channel.
class RpcServer final : public Endpoint {
 public:
  RpcServer(Network& network, Process& self, RpcService& service, bool one_at_a_time = true);
  RpcServer(const RpcServer&) = delete;
  RpcServer& operator=(const RpcServer&) = delete;
  ~RpcServer() override;

 private:
  void on_message(Socket socket, Message message) override;
  void on_closed(Socket socket, CloseReason why) override { service_.on_client_gone(socket, why); }

  std::shared_ptr<Network*> network_;
  Process& self_;
  RpcService& service_;
  std::uint32_t incarnation_;
  bool one_at_a_time_;
};

}  // namespace wrackline::sim
