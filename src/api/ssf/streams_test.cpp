#include <doctest/doctest.h>

#include <string>

#include "revocation/removal.hpp"
#include "revocation/signals/signal_queue.hpp"
#include "tests/support/signal_rig.hpp"

// The calls of a receiver, with the status codes of SSF 1.0 8.1 that its conformance tests look at.

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::ServerFixture;
using test::SignalRig;
using M = HttpMethod;

struct Fixture {
  ServerFixture server;
  SignalRig rig{server};
};

TEST_CASE_FIXTURE(Fixture, "7.1: the configuration names every endpoint, and the issuer's path") {
  const auto answer = ServerFixture::taken_apart(
      server.send(server.get("/.well-known/ssf-configuration/" + server.tenant.str() + "/v2.0")));
  CHECK(answer.status == 200);
  CHECK(answer.text("issuer") == server.context->issuer());
  CHECK(answer.text("spec_version") == "1_0");
  CHECK(answer.text("default_subjects") == "ALL");
  CHECK(answer.body.at("delivery_methods_supported").as_array().size() == 2);
  for (const char* name :
       {"jwks_uri", "configuration_endpoint", "status_endpoint", "verification_endpoint",
        "add_subject_endpoint", "remove_subject_endpoint"}) {
    CAPTURE(name);
    CHECK(answer.text(name).starts_with("https://"));
  }
  CHECK(server.send(server.get("/.well-known/ssf-configuration")).status == 200);
}

TEST_CASE_FIXTURE(Fixture, "8.1.1: a stream is made, read, listed, changed, replaced and deleted") {
  const auto made = rig.call(M::post, "/stream",
                             R"({"events_requested":[")" + std::string{test::kCaep} +
                                 R"(session-revoked","urn:nobody:knows"],"description":"d"})");
  REQUIRE(made.status == 201);
  const std::string id = made.text("stream_id");
  CHECK(made.text("iss") == server.context->issuer());
  CHECK(made.text("aud") == server.web.str());
  CHECK(made.body.at("events_delivered").as_array().size() == 1);
  CHECK(made.body.at("events_requested").as_array().size() == 2);
  CHECK(made.body.at("delivery").as_object().at("method").as_string() == "urn:ietf:rfc:8936");
  CHECK(test::header_of(made.http, "Cache-Control") == "no-store");

  CHECK(rig.call(M::get, "/stream?stream_id=" + id).body == made.body);
  const HttpResponse list = rig.call(M::get, "/stream").http;
  CHECK(list.status == 200);
  CHECK(list.body.starts_with("["));

  const auto patched =
      rig.call(M::patch, "/stream", R"({"stream_id":")" + id + R"(","description":"e"})");
  CHECK(patched.status == 200);
  CHECK(patched.text("description") == "e");
  CHECK(patched.body.at("events_delivered").as_array().size() == 1);
  const auto put = rig.call(M::put, "/stream", R"({"stream_id":")" + id + R"("})");
  CHECK(put.status == 200);
  CHECK(put.body.at("events_delivered").as_array().empty());
  CHECK(put.text("description").empty());

  const auto deleted = rig.call(M::delete_, "/stream?stream_id=" + id);
  CHECK(deleted.status == 204);
  CHECK(deleted.http.body.empty());
  CHECK(rig.call(M::get, "/stream?stream_id=" + id).status == 404);
  CHECK(server.all<SignalStream>().empty());
}

TEST_CASE_FIXTURE(Fixture, "8.1.1: what is broken is 400, what is unknown 404") {
  CHECK(rig.call(M::post, "/stream", ";{ broken").status == 400);
  CHECK(rig.call(M::post, "/stream", R"({"delivery":{"method":"carrier pigeon"}})").status == 400);
  CHECK(rig.call(M::post, "/stream",
                 R"({"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"http://x/"}})")
            .status == 400);
  CHECK(rig.call(M::patch, "/stream", R"({"description":"e"})").status == 400);
  for (const M method : {M::patch, M::put}) {
    CHECK(rig.call(method, "/stream", R"({"stream_id":"unknown"})").status == 404);
  }
  CHECK(rig.call(M::get, "/stream?stream_id=unknown").status == 404);
  CHECK(rig.call(M::delete_, "/stream?stream_id=unknown").status == 404);
  CHECK(rig.call(M::get, "/status?stream_id=unknown").status == 404);
  const std::string id = rig.poll_stream();
  const auto other =
      rig.call(M::patch, "/stream", R"({"stream_id":")" + id + R"(","aud":"somebody else"})");
  CHECK(other.status == 400);
}

TEST_CASE_FIXTURE(Fixture, "8.1.2: every status is echoed") {
  const std::string id = rig.poll_stream();
  for (const char* status : {"paused", "disabled", "enabled"}) {
    const auto set =
        rig.call(M::post, "/status",
                 R"({"stream_id":")" + id + R"(","status":")" + status + R"(","reason":"r"})");
    CHECK(set.status == 200);
    CHECK(set.text("status") == status);
    CHECK(rig.call(M::get, "/status?stream_id=" + id).text("status") == status);
  }
  CHECK(rig.call(M::post, "/status", R"({"stream_id":")" + id + R"(","status":"odd"})").status ==
        400);
}

TEST_CASE_FIXTURE(Fixture,
                  "8.1.3: subjects are removed and added, and nobody learns who is known") {
  const std::string id = rig.poll_stream();
  const auto about = [&](const std::string& subject) {
    return R"({"stream_id":")" + id + R"(","subject":)" + subject + "}";
  };
  const std::string john = R"({"format":"email","email":"johndoe@contoso.com"})";
  const std::string nobody = R"({"format":"email","email":"nobody@contoso.com"})";
  CHECK(rig.call(M::post, "/subjects/remove", about(nobody)).status == 204);
  CHECK(server.all<RemovedSubject>().empty());
  CHECK(rig.call(M::post, "/subjects/remove", about(john)).status == 204);
  REQUIRE(server.all<RemovedSubject>().size() == 1);

  // For a day it makes no difference: the one who removed may have stolen the token.
  server.take_away(RemovalKind::revoke_sessions);
  CHECK(rig.poll_names(id).size() == 1);
  server.clock.advance(25h);
  rig.acknowledge(id, rig.poll(id));
  server.take_away(RemovalKind::revoke_sessions);
  CHECK(rig.poll_names(id).empty());

  const std::string by_id = R"({"format":"iss_sub","iss":")" + server.context->issuer() +
                            R"(","sub":")" + server.john.str() + R"("})";
  CHECK(rig.call(M::post, "/subjects/add", about(by_id)).status == 200);
  CHECK(server.all<RemovedSubject>().empty());
  server.take_away(RemovalKind::revoke_sessions);
  CHECK(rig.poll_names(id).size() == 1);
  CHECK(rig.call(M::post, "/subjects/add", about(R"({"email":"x"})")).status == 400);
}

TEST_CASE_FIXTURE(Fixture, "8.1.4: a verification comes back with its state, about the stream") {
  const std::string id = rig.poll_stream();
  const std::string body = R"({"stream_id":")" + id + R"(","state":"s-1"})";
  const auto asked = rig.call(M::post, "/verification", body);
  CHECK(asked.status == 204);
  const auto sets = rig.poll(id);
  REQUIRE(sets.size() == 1);
  CHECK(SignalRig::names_of(sets).front() == "verification");
  CHECK(SignalRig::event_in(sets.front()).at("state").as_string() == "s-1");
  CHECK(sets.front().at("sub_id").as_object().at("id").as_string() == id);
  CHECK(sets.front().at("sub_id").as_object().at("format").as_string() == "opaque");
  for (int i = 0; i < 29; ++i) REQUIRE(rig.call(M::post, "/verification", body).status == 204);
  CHECK(rig.call(M::post, "/verification", body).status == 429);
  server.clock.advance(1min);
  CHECK(rig.call(M::post, "/verification", body).status == 204);
}

TEST_CASE_FIXTURE(Fixture, "a token without the right scope, or of nobody's, is refused as such") {
  const std::string reading = rig.token("ssf.read");
  const auto refused = rig.call_as(reading, M::post, "/stream", "{}");
  CHECK(refused.status == 403);
  CHECK(test::contains(test::header_of(refused.http, "WWW-Authenticate"), "insufficient_scope"));
  CHECK(rig.call_as(reading, M::get, "/stream").status == 200);
  CHECK(rig.call_as("not a token", M::get, "/stream").status == 401);
  CHECK(rig.call_as(server.app_token().access(), M::get, "/stream").status == 401);
  // A person is no receiver, whatever they were given.
  server.change<App>(server.web, [](App& app) {
    app.admin_consented_scopes.push_back(std::string{kSignalsResource} + "/ssf.manage");
  });
  ServerFixture::CodeOptions wanted;
  wanted.resource = std::string{kSignalsResource};
  wanted.scopes = {wanted.resource + "/ssf.manage"};
  const auto of_john = server.redeem(server.add_code(server.add_session(server.john).row, wanted));
  REQUIRE(of_john.ok());
  CHECK(rig.call_as(of_john.access(), M::get, "/stream").status == 403);
  const std::string key = server.add_api_key(server.web, {wanted.resource + "/ssf.manage"});
  CHECK(rig.call_as(key, M::get, "/stream").status == 403);
}

TEST_CASE_FIXTURE(Fixture,
                  "a receiver sees its own streams and is told the same of another's as of none") {
  const std::string id = rig.poll_stream();
  rig.let(server.files);
  const auto other = server.token({{"grant_type", "client_credentials"},
                                   {"client_id", server.files.str()},
                                   {"client_secret", server.files_secret},
                                   {"scope", "ssf.manage"}});
  REQUIRE(other.ok());
  const auto as_other = [&](M method, const std::string& below, const std::string& body = "") {
    return rig.call_as(other.access(), method, below, body).status;
  };
  CHECK(rig.call_as(other.access(), M::get, "/stream").http.body == "[]");
  CHECK(as_other(M::get, "/stream?stream_id=" + id) == 404);
  CHECK(as_other(M::delete_, "/stream?stream_id=" + id) == 404);
  CHECK(as_other(M::post, "/poll/" + id, "{}") == 404);
  CHECK(as_other(M::post, "/verification", R"({"stream_id":")" + id + R"("})") == 404);
  CHECK(as_other(M::post, "/status", R"({"stream_id":")" + id + R"(","status":"disabled"})") ==
        404);
  CHECK(rig.call(M::get, "/status?stream_id=" + id).text("status") == "enabled");
}

TEST_CASE_FIXTURE(Fixture, "there is a limit to the streams of one application") {
  for (int i = 0; i < 10; ++i) static_cast<void>(rig.poll_stream());
  CHECK(rig.call(M::post, "/stream", "{}").status == 409);
}

TEST_CASE_FIXTURE(Fixture,
                  "whoever removes an application removes its streams and what was in them") {
  static_cast<void>(rig.poll_stream());
  server.take_away(RemovalKind::revoke_sessions);
  REQUIRE(server.all<Signal>().size() == 1);
  server.write([&](WriteTx& tx) { return erase_streams_of(tx, server.tenant, server.web); });
  CHECK(server.all<SignalStream>().empty());
  CHECK(server.all<Signal>().empty());
}

}  // namespace
}  // namespace curfew
