#include "apps/curfew-gate/site_commands.hpp"

#include <boost/json.hpp>
#include <memory>
#include <string>

#include "apps/curfew-gate/log_level.hpp"
#include "apps/curfew-gate/site_folder.hpp"
#include "apps/curfew-gate/site_server.hpp"
#include "io/file.hpp"
#include "protocol/jose/jwk.hpp"

namespace curfew {

namespace {

struct Options {
  std::string data;
  SiteSettings site;
  SiteServerOptions serve;
  std::string log_level = "info";
};

std::string public_jwk(const GateKey& key) {
  return serialize_jwk(key.key.verify_key(), SignatureAlg::es256, key.kid);
}

Result<GateKey> add(const Options& options) {
  CURFEW_TRY(const FileLock lock, FileLock::acquire(options.data + "/lock"));
  return SiteFolder{options.data}.add(options.site);
}

// The JWK alone on standard output, so that it can be put into a file.
Exit run_add(const Terminal& terminal, const Options& options) {
  const auto key = add(options);
  if (!key.ok()) return terminal.fail(key.error());
  terminal.line(public_jwk(*key));
  const std::string at = options.site.url + std::string{kGatePaths};
  terminal.note("site " + options.site.name + " is in " + options.data +
                "/sites.toml. At the server, give its application this key and these addresses:\n"
                "  curfew app key add " +
                options.site.client_id + " FILE\n  --redirect-uri " + at +
                "callback\n  --post-logout-redirect-uri " + at +
                "signed-out\n  --backchannel-logout-uri " + at + "backchannel-logout");
  return Exit::ok;
}

Exit run_show(const Terminal& terminal, const Options& options) {
  const auto key = SiteFolder{options.data}.key(options.site.name);
  if (!key.ok()) return terminal.fail(key.error());
  terminal.line(public_jwk(*key));
  return Exit::ok;
}

Exit run_list(const Terminal& terminal, const Options& options) {
  const auto sites = SiteFolder{options.data}.settings();
  if (!sites.ok()) return terminal.fail(sites.error());
  boost::json::array rows;
  for (const SiteSettings& site : *sites) {
    rows.push_back({{"name", site.name},
                    {"url", site.url},
                    {"client_id", site.client_id},
                    {"audience", site.audience}});
  }
  if (terminal.is_json()) {
    terminal.json(rows);
  } else {
    terminal.table({{"NAME", "name"}, {"URL", "url"}, {"AUDIENCE", "audience"}}, rows);
  }
  return Exit::ok;
}

Exit run_serve(const Terminal& terminal, const Options& options) {
  SiteServerOptions serve = options.serve;
  serve.data = options.data;
  const Status done = serve_sites(serve, log_level_of(options.log_level));
  return done.ok() ? Exit::ok : terminal.fail(done.error());
}

void add_data_option(CLI::App& command, Options& options) {
  command.add_option("--data", options.data, "the gate's folder")->required();
}

}  // namespace

void add_site_commands(CLI::App& app, const std::function<void(SiteCommand)>& choose) {
  const auto options = std::make_shared<Options>();
  const auto chosen = [=](Exit (*run)(const Terminal&, const Options&)) {
    return [=] { choose([=](const Terminal& terminal) { return run(terminal, *options); }); };
  };
  CLI::App& site = *app.add_subcommand("site", "the sites that browsers sign in to through a gate");
  site.require_subcommand(1);
  CLI::App& adding = *site.add_subcommand("add", "make a site's keys; prints the public one");
  adding.add_option("name", options->site.name, "a word for it, such as wiki")->required();
  adding.add_option("--url", options->site.url, "https://host[:port] that browsers see")
      ->required();
  adding.add_option("--client-id", options->site.client_id, "the application's id")->required();
  adding.add_option("--audience", options->site.audience, "its identifier URI")->required();
  add_data_option(adding, *options);
  adding.callback(chosen(run_add));
  CLI::App& showing = *site.add_subcommand("show", "print a site's public key again");
  showing.add_option("name", options->site.name)->required();
  add_data_option(showing, *options);
  showing.callback(chosen(run_show));
  CLI::App& listing = *site.add_subcommand("list", "the sites of a gate");
  add_data_option(listing, *options);
  listing.callback(chosen(run_list));
  CLI::App& serving = *app.add_subcommand(
      "serve", "answer browsers and web servers for all sites, by the replica on this machine");
  serving.add_option("--listen", options->serve.listen, "127.0.0.1:PORT or unix:PATH")->required();
  serving.add_option("--replica", options->serve.replica,
                     "the replica's path (default: where `run` last had it)");
  serving.add_flag("--pages-only", options->serve.pages_only,
                   "sign people in and out, and answer no web server that asks about requests: "
                   "beside the nginx module, which judges and cuts them itself");
  add_log_level_option(serving, options->log_level);
  add_data_option(serving, *options);
  serving.callback(chosen(run_serve));
}

}  // namespace curfew
