#include "sim/rpc.hpp"

#include <algorithm>

namespace wrackline::sim {

const WaitKind RpcClient::Call::kAwaitsAnswer{[](const void* client) {
  return "an answer from " + static_cast<const RpcClient*>(client)->server().name();
}};

RpcClient::RpcClient(Network& network, Process& self, Process& server)
    : network_{network.self()}, self_{self}, server_{server}, incarnation_{self.incarnation()} {}

RpcClient::~RpcClient() {
  // A crash has closed the socket already and dropped the timer; a model that merely ends its client closes
  // it.
  if (*network_ == nullptr || !self_.alive() || self_.incarnation() != incarnation_) return;
  if (timer_at_ != kNever) self_.cancel(timer_);
  socket_.close();
}

RpcClient::Correlation RpcClient::send(Message request, Duration timeout, RpcHandler handler) {
  if (!socket_.is_open()) {
    socket_ = (*network_)->connect(self_, server_, *this);
    ++connects_;
  }
  const Time deadline = self_.node().clock().after(self_.now(), timeout);
  request.set_correlation(++last_);
  pending_.push_back({last_, deadline, handler});
  const Correlation correlation = last_;
  if (deadline < timer_at_) arm(deadline);
  socket_.send(std::move(request));
  return correlation;
}

void RpcClient::arm(Time deadline) {
  if (timer_at_ != kNever) self_.cancel(timer_);
  timer_at_ = deadline;
  if (deadline != kNever) timer_ = self_.schedule(deadline, Callback::to<&RpcClient::on_deadline>(*this));
}

void RpcClient::forget(Correlation correlation) {
  std::erase_if(pending_,
                [correlation](const Pending& pending) { return pending.correlation == correlation; });
}

void RpcClient::on_message(Socket socket, Message message) {
  if (socket != socket_) return;
  const Correlation correlation = message.correlation();
  const auto pending = std::find_if(pending_.begin(), pending_.end(),
                                    [correlation](const Pending& p) { return p.correlation == correlation; });
  if (pending == pending_.end()) return;
  const RpcHandler handler = pending->handler;
  pending_.erase(pending);
  RpcResult result{RpcOutcome::answered, CloseReason::closed, std::move(message)};
  handler.function(handler.object, handler.argument, result);
}

void RpcClient::on_closed(Socket socket, CloseReason why) {
  if (socket == socket_) fail_all(why);
}

void RpcClient::disconnect() {
  socket_.close();
  fail_all(CloseReason::closed);
}

void RpcClient::fail_all(CloseReason why) {
  // One by one: a handler may forget others, or send anew on the next connection.
  const Correlation last = last_;
  while (!pending_.empty() && pending_.front().correlation <= last) {
    const RpcHandler handler = pending_.front().handler;
    pending_.erase(pending_.begin());
    RpcResult result{RpcOutcome::disconnected, why, {}};
    handler.function(handler.object, handler.argument, result);
  }
}

void RpcClient::on_deadline() {
  timer_at_ = kNever;
  const Time now = self_.now();
  for (;;) {
    const auto expired = std::find_if(pending_.begin(), pending_.end(),
                                      [now](const Pending& pending) { return pending.deadline <= now; });
    if (expired == pending_.end()) break;
    const RpcHandler handler = expired->handler;
    pending_.erase(expired);
    RpcResult result{RpcOutcome::timed_out, CloseReason::closed, {}};
    handler.function(handler.object, handler.argument, result);
  }
  Time next = kNever;
  for (const Pending& pending : pending_) next = std::min(next, pending.deadline);
  if (next != timer_at_) arm(next);
}

RpcServer::RpcServer(Network& network, Process& self, RpcService& service, bool one_at_a_time)
    : network_{network.self()},
      self_{self},
      service_{service},
      incarnation_{self.incarnation()},
      one_at_a_time_{one_at_a_time} {
  network.listen(self, *this);
}

RpcServer::~RpcServer() {
  if (*network_ == nullptr || !self_.alive() || self_.incarnation() != incarnation_) return;
  (*network_)->stop_listening(self_);
}

void RpcServer::on_message(Socket socket, Message message) {
  if (one_at_a_time_) socket.stop_reading();
  service_.on_request(RpcRequest{socket, std::move(message), one_at_a_time_});
}

}  // namespace wrackline::sim
