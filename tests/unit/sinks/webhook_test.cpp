// SPDX-License-Identifier: Apache-2.0
// Events over real HTTP to a server on the loopback that answers, refuses, is slow, or is gone.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "pipeline/sinks/json.hpp"
#include "pipeline/sinks/outbox.hpp"
#include "tests/hub/http_server.hpp"
#include "tests/unit/sinks/fixture.hpp"

namespace fovea::pipeline {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;
using testing_support::answer_head;
using testing_support::HttpServer;
using testing_support::ServedRequest;

/// Keeps what came, and answers as `answer` says: by the request's number, from 0.
class Receiver {
 public:
  using Answer = std::function<std::string(std::size_t)>;
  explicit Receiver(Answer answer)
      : answer_(std::move(answer)),
        server_([this](const ServedRequest& request, const HttpServer::Send& send) {
          std::size_t number = 0;
          {
            std::lock_guard lock(mutex_);
            number = requests_.size();
            requests_.push_back(request);
          }
          came_.notify_all();
          send(answer_(number));
        }) {}

  std::string url() const { return server_.url(); }
  std::vector<ServedRequest> requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }
  std::vector<std::string> bodies() const {
    std::vector<std::string> bodies;
    for (const ServedRequest& request : requests()) bodies.push_back(request.body);
    return bodies;
  }
  /// Waits until `n` requests have come; false where they do not.
  bool wait_for(std::size_t n) const {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, 60s, [&] { return requests_.size() >= n; });
  }

 private:
  Answer answer_;
  mutable std::mutex mutex_;
  mutable std::condition_variable came_;
  std::vector<ServedRequest> requests_;
  HttpServer server_;  // last: its threads use what stands above
};

Receiver::Answer always(int status) {
  return [status](std::size_t) { return answer_head(status, 0); };
}

OutboxOptions to(const std::string& url) {
  OutboxOptions options;
  options.url = url;
  options.pause = 1ms;
  return options;
}

TEST(Outbox, MessagesArriveInOrderAsJson) {
  Receiver receiver(always(200));
  Outbox outbox(to(receiver.url() + "/hook?key=1"));
  for (const char* message : {"{\"a\":1}", "{\"b\":2}", "{\"c\":3}"}) outbox.put(message);
  outbox.finish(60s);
  EXPECT_THAT(receiver.bodies(), ElementsAre("{\"a\":1}", "{\"b\":2}", "{\"c\":3}"));
  const ServedRequest first = receiver.requests().front();
  EXPECT_EQ(first.method, "POST");
  EXPECT_EQ(first.target, "/hook?key=1");
  EXPECT_EQ(first.header("content-type"), "application/json");
  EXPECT_FALSE(first.headers.contains("authorization"));
  EXPECT_FALSE(first.headers.contains("expect"));
  EXPECT_EQ(outbox.counts().sent, 3U);
  EXPECT_EQ(outbox.counts().lost(), 0U);
}

TEST(Outbox, AServerThatStumblesGetsTheMessageAgain) {
  Receiver receiver([](std::size_t number) {
    return number == 0 ? answer_head(503, 0) : number == 1 ? "" : answer_head(204, 0);
  });
  std::vector<std::string> told;
  OutboxOptions options = to(receiver.url());
  options.on_trouble = [&](const std::string& text) { told.push_back(text); };
  Outbox outbox(options);
  outbox.put("{}");
  outbox.finish(60s);
  EXPECT_EQ(receiver.requests().size(), 3U) << "an error, a connection cut off, an answer";
  EXPECT_EQ(outbox.counts().sent, 1U);
  EXPECT_EQ(outbox.counts().lost(), 0U);
  EXPECT_THAT(told, ElementsAre()) << "nothing was lost";
}

TEST(Outbox, RefusalIsNotTriedAgainAndIsSaidOnce) {
  Receiver receiver([](std::size_t number) { return answer_head(number < 2 ? 403 : 200, 0); });
  std::vector<std::string> told;
  std::mutex mutex;
  OutboxOptions options = to(receiver.url());
  options.on_trouble = [&](const std::string& text) {
    std::lock_guard lock(mutex);
    told.push_back(text);
  };
  Outbox outbox(options);
  for (int i = 0; i < 4; ++i) outbox.put("{}");
  outbox.finish(60s);
  EXPECT_EQ(receiver.requests().size(), 4U);
  EXPECT_EQ(outbox.counts().sent, 2U);
  EXPECT_EQ(outbox.counts().refused, 2U);
  EXPECT_THAT(
      told, ElementsAre("events get lost: answer 403", "events arrive again; 2 were lost so far"));
}

TEST(Outbox, ARedirectIsNotFollowed) {
  Receiver elsewhere(always(200));
  Receiver receiver(
      [&](std::size_t) { return answer_head(302, 0, "Location: " + elsewhere.url() + "/\r\n"); });
  Outbox outbox(to(receiver.url()));
  outbox.put("{}");
  outbox.finish(60s);
  EXPECT_EQ(elsewhere.requests().size(), 0U);
  EXPECT_EQ(outbox.counts().refused, 1U);
  EXPECT_EQ(outbox.counts().last_failure, "answer 302");
}

TEST(Outbox, GivesUpAfterItsRetries) {
  Receiver receiver(always(500));
  OutboxOptions options = to(receiver.url());
  options.retries = 2;
  Outbox outbox(options);
  outbox.put("{}");
  outbox.put("{}");
  outbox.finish(60s);
  EXPECT_EQ(receiver.requests().size(), 6U);
  EXPECT_EQ(outbox.counts().undelivered, 2U);
}

TEST(Outbox, NobodyThereIsAFailureLikeOthers) {
  std::string url;
  {
    url = HttpServer([](const ServedRequest&, const HttpServer::Send&) {}).url();
  }
  OutboxOptions options = to(url);
  options.retries = 1;
  Outbox outbox(options);
  outbox.put("{}");
  outbox.finish(60s);
  EXPECT_EQ(outbox.counts().undelivered, 1U);
  EXPECT_THAT(outbox.counts().last_failure, HasSubstr("connect"));
}

/// A server that takes requests and answers none of them until it is let go.
class Hanging {
 public:
  std::string answer() {
    std::unique_lock lock(mutex_);
    opened_.wait_for(lock, 60s, [this] { return open_; });  // a failed test must end, too
    return answer_head(200, 0);
  }
  void let_go() {
    {
      std::lock_guard lock(mutex_);
      open_ = true;
    }
    opened_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

TEST(Outbox, WhatFindsNoRoomIsCountedAndNobodyWaits) {
  Hanging hanging;
  Receiver receiver([&](std::size_t) { return hanging.answer(); });
  OutboxOptions options = to(receiver.url());
  options.room = 3;
  options.timeout = 60s;
  Outbox outbox(options);
  outbox.put("{\"n\":0}");
  ASSERT_TRUE(receiver.wait_for(1)) << "the first is on its way";
  for (int i = 1; i <= 10; ++i) outbox.put("{\"n\":" + std::to_string(i) + "}");
  EXPECT_EQ(outbox.counts().overflowed, 7U);
  hanging.let_go();
  outbox.finish(60s);
  EXPECT_THAT(receiver.bodies(), ElementsAre("{\"n\":0}", "{\"n\":1}", "{\"n\":2}", "{\"n\":3}"));
  EXPECT_EQ(outbox.counts().sent, 4U);
  EXPECT_EQ(outbox.counts().lost(), 7U);
}

TEST(Outbox, TheEndWaitsForNoServer) {
  Hanging hanging;
  Receiver receiver([&](std::size_t) { return hanging.answer(); });
  OutboxOptions options = to(receiver.url());
  options.timeout = 300s;
  Outbox outbox(options);
  for (int i = 0; i < 5; ++i) outbox.put("{}");
  ASSERT_TRUE(receiver.wait_for(1));
  outbox.finish(10ms);  // would last five minutes if it waited for the answer
  EXPECT_EQ(outbox.counts().undelivered, 5U) << "the one on its way, and those behind it";
  hanging.let_go();
}

TEST(Outbox, ASlowAnswerEndsTheAttempt) {
  Hanging hanging;
  Receiver receiver([&](std::size_t) { return hanging.answer(); });
  OutboxOptions options = to(receiver.url());
  options.timeout = 200ms;
  options.retries = 1;
  Outbox outbox(options);
  outbox.put("{}");
  outbox.finish(60s);
  EXPECT_EQ(receiver.requests().size(), 2U);
  EXPECT_EQ(outbox.counts().undelivered, 1U);
  hanging.let_go();
}

class WebhookTest : public SinkTest {
 protected:
  static Frame crossing() {
    Frame frame = cat_frame("entrance");
    frame.tag.frame = 15;
    frame.events = {{"line_cross", "door", "in", 7, "person", 0, 3},
                    {"dwell", "hall", "", 7, "person", 10, 0}};
    return frame;
  }
};

TEST_F(WebhookTest, SendsWhatTheEventsFileHolds) {
  Receiver receiver(always(200));
  WebhookConfig config;
  config.url = receiver.url() + "/hook";
  config.token = "s3cret";
  config.on = {"line_cross"};
  const auto sink = make_sink({config, {}}, make_identity(), kLabels);
  sink->write(crossing());
  sink->write(make_failure("entrance", "broken"));
  sink->finish({});
  EXPECT_EQ(sink->lost(), "");
  ASSERT_EQ(receiver.requests().size(), 1U);
  EXPECT_EQ(receiver.requests()[0].header("authorization"), "Bearer s3cret");
  const Json got = Json::parse(receiver.requests()[0].body);
  EXPECT_EQ(got["event"], "line_cross");
  EXPECT_EQ(got["source"], "entrance");
  EXPECT_EQ(got["frame"], 15);
}

TEST_F(WebhookTest, ThePasswordOfTheAddressIsSentAndNeverShown) {
  Receiver receiver(always(401));
  const std::string host = receiver.url().substr(std::string("http://").size());
  WebhookConfig config;
  config.url = "http://me:pa55word@" + host + "/T0KEN/x?sig=S1G";
  config.token = "";
  std::string told;
  SinkContext context;
  context.on_notice = [&](const std::string& text) { told += text + "\n"; };
  const auto sink = make_sink({config, {}}, make_identity(), kLabels, context);
  sink->write(crossing());
  sink->finish({});
  EXPECT_EQ(receiver.requests().at(0).header("authorization"), "Basic bWU6cGE1NXdvcmQ=");
  EXPECT_EQ(receiver.requests().at(0).target, "/T0KEN/x?sig=S1G");
  EXPECT_EQ(told, "webhook http://" + host + "/***: events get lost: answer 401\n");
  EXPECT_EQ(sink->lost(), "webhook http://" + host +
                              "/***: 0 events sent, 2 lost (0 found no room to wait, 2 were "
                              "refused, 0 did not arrive); the last trouble: answer 401");
}

}  // namespace
}  // namespace fovea::pipeline
