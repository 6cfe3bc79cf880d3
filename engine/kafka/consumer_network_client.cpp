#include "engine/kafka/consumer_network_client.hpp"

#include <algorithm>
#include <limits>

namespace wrackline::kafka {

RequestId ConsumerNetworkClient::send(Connection to, ConsumerRequestBody body, std::int64_t now_ms,
                                      std::optional<std::int64_t> timeout_ms) {
  Open request;
  request.id = next_id_++;
  request.connection = to;
  request.created_ms = now_ms;
  request.timeout_ms = timeout_ms.value_or(request_timeout_ms_);
  request.body = std::move(body);
  open_.push_back(std::move(request));
  return open_.back().id;
}

void ConsumerNetworkClient::poll(std::int64_t now_ms) {
  transmit(now_ms);
  dispatch(now_ms);
}

void ConsumerNetworkClient::transmit(std::int64_t now_ms) {
  if (metadata_updater_ != nullptr) metadata_updater_->maybe_update(now_ms);
  for (const Connection connection : to_close_) {
    closed_.push_back(connection);
    fail_all(connection);
  }
  to_close_.clear();
  // A connection that times out takes with it what was about to be sent over it.
  expire(now_ms);
  for (Open& request : open_) {
    if (request.sent || is_unavailable(request.connection, now_ms)) continue;
    request.sent = true;
    outbox_.push_back(
        {request.id, request.connection.node, request.connection.coordinator, std::move(request.body)});
  }
  // What was asked for so long ago that its time is over already.
  expire(now_ms);
}

void ConsumerNetworkClient::expire(std::int64_t now_ms) {
  for (bool again = true; again;) {
    again = false;
    for (const Open& request : open_) {
      const bool expired = request.sent && now_ms - request.created_ms >= request.timeout_ms;
      const bool stuck = !request.sent && is_unavailable(request.connection, now_ms);
      if (!expired && !stuck) continue;
      const Connection connection = request.connection;
      if (request.sent) closed_.push_back(connection);
      fail_all(connection);
      again = true;
      break;
    }
  }
}

void ConsumerNetworkClient::dispatch(std::int64_t now_ms) {
  // A handler may look at the network itself: each answer is taken out before it is handed over.
  while (next_arrived_ < arrived_.size()) {
    Arrived answer = std::move(arrived_[next_arrived_++]);
    if (next_arrived_ == arrived_.size()) {
      arrived_.clear();
      next_arrived_ = 0;
    }
    for (ResponseHandler* const handler : handlers_) {
      if (handler->handle(answer.id, answer.body, now_ms)) break;
    }
  }
}

void ConsumerNetworkClient::deliver(RequestId id, ConsumerResponseBody body) {
  const auto request =
      std::find_if(open_.begin(), open_.end(), [&](const Open& open) { return open.id == id; });
  if (request == open_.end()) return;  // given up meanwhile
  open_.erase(request);
  arrived_.push_back({id, std::move(body)});
}

void ConsumerNetworkClient::abandon(RequestId id) {
  std::erase_if(open_, [&](const Open& request) { return request.id == id; });
}

void ConsumerNetworkClient::fail_all(Connection connection) {
  for (const Open& request : open_) {
    if (request.connection == connection) arrived_.push_back({request.id, Disconnected{}});
  }
  std::erase_if(open_, [&](const Open& request) { return request.connection == connection; });
}

void ConsumerNetworkClient::connection_lost(Connection connection) {
  // What was not sent yet goes over the next connection.
  for (const Open& request : open_) {
    if (request.sent && request.connection == connection) arrived_.push_back({request.id, Disconnected{}});
  }
  std::erase_if(open_, [&](const Open& request) { return request.sent && request.connection == connection; });
}

void ConsumerNetworkClient::disconnect(Connection connection) { to_close_.push_back(connection); }

void ConsumerNetworkClient::set_unavailable_until(Connection connection, std::int64_t until_ms) {
  std::erase_if(down_, [&](const Down& known) { return known.connection == connection; });
  down_.push_back({connection, until_ms});
}

bool ConsumerNetworkClient::is_unavailable(Connection connection, std::int64_t now_ms) const {
  return std::any_of(down_.begin(), down_.end(), [&](const Down& known) {
    return known.connection == connection && now_ms < known.until_ms;
  });
}

bool ConsumerNetworkClient::has_pending(Connection connection) const {
  return std::any_of(open_.begin(), open_.end(),
                     [&](const Open& request) { return request.connection == connection; });
}

std::size_t ConsumerNetworkClient::in_flight() const {
  return static_cast<std::size_t>(
      std::count_if(open_.begin(), open_.end(), [](const Open& request) { return request.sent; }));
}

std::int64_t ConsumerNetworkClient::next_deadline_ms() const {
  std::int64_t next = std::numeric_limits<std::int64_t>::max();
  for (const Open& request : open_) next = std::min(next, request.created_ms + request.timeout_ms);
  return next;
}

}  // namespace wrackline::kafka
