#include <array>
#include <utility>

#include "base/check.hpp"
#include "model/actor.hpp"
#include "model/application.hpp"
#include "model/device_code.hpp"
#include "model/directory.hpp"
#include "model/directory_change.hpp"
#include "model/fence.hpp"
#include "model/gate.hpp"
#include "model/journal_entry.hpp"
#include "model/password_reset.hpp"
#include "model/revocation_target.hpp"
#include "model/session_control.hpp"
#include "model/signal_source.hpp"
#include "model/signal_stream.hpp"
#include "model/signing_key.hpp"

// The stored and wire words of the model's enumerations, each in one table, so that writing and
// reading cannot differ.

namespace curfew {

namespace {

template <typename E, std::size_t N>
using Words = std::array<std::pair<E, std::string_view>, N>;

template <typename E, std::size_t N>
std::string_view word_of(const Words<E, N>& words, E value) {
  for (const auto& [known, word] : words) {
    if (known == value) return word;
  }
  CURFEW_CHECK(false);
}

template <typename E, std::size_t N>
bool value_of(const Words<E, N>& words, std::string_view text, E& out) {
  for (const auto& [value, word] : words) {
    if (word == text) {
      out = value;
      return true;
    }
  }
  return false;
}

constexpr Words<UserType, 2> kUserTypes{{{UserType::member, "Member"}, {UserType::guest, "Guest"}}};
constexpr Words<TrustType, 2> kTrustTypes{
    {{TrustType::registered, "Workplace"}, {TrustType::joined, "AzureAd"}}};
constexpr Words<ClientType, 2> kClientTypes{
    {{ClientType::confidential, "confidential"}, {ClientType::public_client, "public"}}};
constexpr Words<AccessTokenTyp, 2> kAccessTokenTyps{
    {{AccessTokenTyp::jwt, "JWT"}, {AccessTokenTyp::at_jwt, "at+jwt"}}};
constexpr Words<TokenAlg, 2> kTokenAlgs{{{TokenAlg::es256, "ES256"}, {TokenAlg::rs256, "RS256"}}};
constexpr Words<AssertionAudience, 2> kAssertionAudiences{
    {{AssertionAudience::issuer_or_token_endpoint, "issuerOrTokenEndpoint"},
     {AssertionAudience::issuer, "issuer"}}};
constexpr Words<CertificateName, 6> kCertificateNames{
    {{CertificateName::none, "none"},
     {CertificateName::subject_dn, "tls_client_auth_subject_dn"},
     {CertificateName::san_dns, "tls_client_auth_san_dns"},
     {CertificateName::san_uri, "tls_client_auth_san_uri"},
     {CertificateName::san_ip, "tls_client_auth_san_ip"},
     {CertificateName::san_email, "tls_client_auth_san_email"}}};
constexpr Words<LostBlockState, 4> kLostBlockStates{{{LostBlockState::held, "held"},
                                                     {LostBlockState::kept, "kept"},
                                                     {LostBlockState::ended, "ended"},
                                                     {LostBlockState::not_held, "not_held"}}};
constexpr Words<GateMode, 2> kGateModes{
    {{GateMode::strict, "strict"}, {GateMode::best_effort, "best_effort"}}};
constexpr Words<UncutRequests, 3> kUncutRequests{{{UncutRequests::none, "none"},
                                                  {UncutRequests::some, "some"},
                                                  {UncutRequests::unknown, "unknown"}}};
constexpr Words<PrincipalKind, 2> kPrincipalKinds{
    {{PrincipalKind::user, "User"}, {PrincipalKind::group, "Group"}}};
constexpr Words<KeyUse, 2> kKeyUses{{{KeyUse::token, "token"}, {KeyUse::report, "report"}}};
constexpr Words<KeyState, 4> kKeyStates{{{KeyState::next, "next"},
                                         {KeyState::active, "active"},
                                         {KeyState::retired, "retired"},
                                         {KeyState::withdrawn, "withdrawn"}}};

constexpr Words<DeviceCodeState, 3> kDeviceCodeStates{{{DeviceCodeState::pending, "pending"},
                                                       {DeviceCodeState::approved, "approved"},
                                                       {DeviceCodeState::denied, "denied"}}};

constexpr Words<LetterKind, 3> kLetterKinds{
    {{LetterKind::reset_link, "reset_link"},
     {LetterKind::password_was_set, "password_was_set"},
     {LetterKind::method_was_removed, "method_was_removed"}}};

constexpr Words<DirectoryChangeKind, 4> kDirectoryChangeKinds{
    {{DirectoryChangeKind::created, "created"},
     {DirectoryChangeKind::updated, "updated"},
     {DirectoryChangeKind::deleted, "deleted"},
     {DirectoryChangeKind::purged, "purged"}}};

constexpr Words<StreamStatus, 3> kStreamStatuses{{{StreamStatus::enabled, "enabled"},
                                                  {StreamStatus::paused, "paused"},
                                                  {StreamStatus::disabled, "disabled"}}};
constexpr Words<StreamDelivery, 2> kStreamDeliveries{
    {{StreamDelivery::push, "push"}, {StreamDelivery::poll, "poll"}}};
constexpr Words<SignalState, 4> kSignalStates{{{SignalState::pending, "pending"},
                                               {SignalState::acknowledged, "acknowledged"},
                                               {SignalState::refused, "refused"},
                                               {SignalState::dropped, "dropped"}}};

constexpr Words<SignalEffect, 4> kSignalEffectWords{
    {{SignalEffect::notify, "notify"},
     {SignalEffect::raise_risk, "raise_risk"},
     {SignalEffect::revoke_sessions, "revoke_sessions"},
     {SignalEffect::disable, "disable"}}};
constexpr Words<ReceivedState, 7> kReceivedStates{
    {{ReceivedState::pending, "pending"},
     {ReceivedState::acted, "acted"},
     {ReceivedState::noted, "noted"},
     {ReceivedState::covered, "covered"},
     {ReceivedState::unknown_subject, "unknown_subject"},
     {ReceivedState::refused, "refused"},
     {ReceivedState::failed, "failed"}}};
constexpr Words<SubjectFormat, 3> kSubjectFormats{{{SubjectFormat::email, "email"},
                                                   {SubjectFormat::iss_sub, "iss_sub"},
                                                   {SubjectFormat::opaque, "opaque"}}};
constexpr Words<SubjectMember, 2> kSubjectMembers{
    {{SubjectMember::sub_id, "sub_id"}, {SubjectMember::subject, "subject"}}};
constexpr Words<TargetAuthentication, 2> kTargetAuthentications{
    {{TargetAuthentication::signed_jwt, "signed_jwt"}, {TargetAuthentication::bearer, "bearer"}}};

constexpr Words<SessionControl, 2> kSessionControls{
    {{SessionControl::monitor_only, "monitorOnly"},
     {SessionControl::block_downloads, "blockDownloads"}}};
constexpr Words<SessionCondition, 3> kSessionConditions{
    {{SessionCondition::always, "always"},
     {SessionCondition::unmanaged_device, "unmanagedDevice"},
     {SessionCondition::non_compliant_device, "nonCompliantDevice"}}};

constexpr Words<ActorKind, 4> kActorKinds{{{ActorKind::user, "user"},
                                           {ActorKind::service_principal, "servicePrincipal"},
                                           {ActorKind::local_root, "local-root"},
                                           {ActorKind::system, "system"}}};

}  // namespace

std::string_view to_string(ActorKind kind) { return word_of(kActorKinds, kind); }
bool parse_enum(std::string_view text, ActorKind& out) { return value_of(kActorKinds, text, out); }
std::string_view to_string(DirectoryChangeKind kind) {
  return word_of(kDirectoryChangeKinds, kind);
}
bool parse_enum(std::string_view text, DirectoryChangeKind& out) {
  return value_of(kDirectoryChangeKinds, text, out);
}
std::string_view to_string(UserType type) { return word_of(kUserTypes, type); }
bool parse_enum(std::string_view text, UserType& out) { return value_of(kUserTypes, text, out); }
std::string_view to_string(TrustType type) { return word_of(kTrustTypes, type); }
bool parse_enum(std::string_view text, TrustType& out) { return value_of(kTrustTypes, text, out); }
std::string_view to_string(ClientType type) { return word_of(kClientTypes, type); }
bool parse_enum(std::string_view text, ClientType& out) {
  return value_of(kClientTypes, text, out);
}
std::string_view to_string(AccessTokenTyp typ) { return word_of(kAccessTokenTyps, typ); }
bool parse_enum(std::string_view text, AccessTokenTyp& out) {
  return value_of(kAccessTokenTyps, text, out);
}
std::string_view to_string(TokenAlg alg) { return word_of(kTokenAlgs, alg); }
bool parse_enum(std::string_view text, TokenAlg& out) { return value_of(kTokenAlgs, text, out); }
std::string_view to_string(AssertionAudience audience) {
  return word_of(kAssertionAudiences, audience);
}
bool parse_enum(std::string_view text, AssertionAudience& out) {
  return value_of(kAssertionAudiences, text, out);
}
std::string_view to_string(LostBlockState state) { return word_of(kLostBlockStates, state); }
bool parse_enum(std::string_view text, LostBlockState& out) {
  return value_of(kLostBlockStates, text, out);
}
std::string_view to_string(GateMode mode) { return word_of(kGateModes, mode); }
bool parse_enum(std::string_view text, GateMode& out) { return value_of(kGateModes, text, out); }
std::string_view to_string(UncutRequests uncut) { return word_of(kUncutRequests, uncut); }
bool parse_enum(std::string_view text, UncutRequests& out) {
  return value_of(kUncutRequests, text, out);
}
std::string_view to_string(CertificateName name) { return word_of(kCertificateNames, name); }
bool parse_enum(std::string_view text, CertificateName& out) {
  return value_of(kCertificateNames, text, out);
}
std::string_view to_string(PrincipalKind kind) { return word_of(kPrincipalKinds, kind); }
bool parse_enum(std::string_view text, PrincipalKind& out) {
  return value_of(kPrincipalKinds, text, out);
}
std::string_view to_string(DeviceCodeState state) { return word_of(kDeviceCodeStates, state); }
bool parse_enum(std::string_view text, DeviceCodeState& out) {
  return value_of(kDeviceCodeStates, text, out);
}
std::string_view to_string(LetterKind kind) { return word_of(kLetterKinds, kind); }
bool parse_enum(std::string_view text, LetterKind& out) {
  return value_of(kLetterKinds, text, out);
}
std::string_view to_string(KeyUse use) { return word_of(kKeyUses, use); }
bool parse_enum(std::string_view text, KeyUse& out) { return value_of(kKeyUses, text, out); }
std::string_view to_string(KeyState state) { return word_of(kKeyStates, state); }
bool parse_enum(std::string_view text, KeyState& out) { return value_of(kKeyStates, text, out); }
std::string_view to_string(StreamStatus status) { return word_of(kStreamStatuses, status); }
bool parse_enum(std::string_view text, StreamStatus& out) {
  return value_of(kStreamStatuses, text, out);
}
std::string_view to_string(StreamDelivery delivery) { return word_of(kStreamDeliveries, delivery); }
bool parse_enum(std::string_view text, StreamDelivery& out) {
  return value_of(kStreamDeliveries, text, out);
}
std::string_view to_string(SignalState state) { return word_of(kSignalStates, state); }
bool parse_enum(std::string_view text, SignalState& out) {
  return value_of(kSignalStates, text, out);
}
std::string_view to_string(SignalEffect effect) { return word_of(kSignalEffectWords, effect); }
bool parse_enum(std::string_view text, SignalEffect& out) {
  return value_of(kSignalEffectWords, text, out);
}
std::string_view to_string(ReceivedState state) { return word_of(kReceivedStates, state); }
bool parse_enum(std::string_view text, ReceivedState& out) {
  return value_of(kReceivedStates, text, out);
}
std::string_view to_string(SubjectFormat format) { return word_of(kSubjectFormats, format); }
bool parse_enum(std::string_view text, SubjectFormat& out) {
  return value_of(kSubjectFormats, text, out);
}
std::string_view to_string(SubjectMember member) { return word_of(kSubjectMembers, member); }
bool parse_enum(std::string_view text, SubjectMember& out) {
  return value_of(kSubjectMembers, text, out);
}
std::string_view to_string(TargetAuthentication authentication) {
  return word_of(kTargetAuthentications, authentication);
}
bool parse_enum(std::string_view text, TargetAuthentication& out) {
  return value_of(kTargetAuthentications, text, out);
}
std::string_view to_string(SessionControl control) { return word_of(kSessionControls, control); }
bool parse_enum(std::string_view text, SessionControl& out) {
  return value_of(kSessionControls, text, out);
}
std::string_view to_string(SessionCondition condition) {
  return word_of(kSessionConditions, condition);
}
bool parse_enum(std::string_view text, SessionCondition& out) {
  return value_of(kSessionConditions, text, out);
}

bool parse_enum(std::string_view text, KeyKind& out) {
  const auto kind = parse_key_kind(text);
  if (kind) out = *kind;
  return kind.has_value();
}

bool parse_enum(std::string_view text, Effect& out) {
  for (const Effect effect : {Effect::reauth, Effect::reevaluate, Effect::block, Effect::unblock}) {
    if (to_string(effect) == text) {
      out = effect;
      return true;
    }
  }
  return false;
}

}  // namespace curfew
