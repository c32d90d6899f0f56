#include "api/sign_in/stranger_page.hpp"

#include <string>

#include "access/client_policy.hpp"
#include "api/sign_in/interaction.hpp"
#include "api/sign_in/pages.hpp"
#include "protocol/http/uri.hpp"
#include "protocol/oauth/authorize_response.hpp"

namespace curfew {

HttpResponse answer_failure(const ServerContext& context, const App& client,
                            const AuthorizeTarget& target, const OAuthError& error) {
  if (!registered_itself(client)) return authorize_failure(target, context.issuer(), error);
  const WayBack way = way_back(target, context.issuer(), error);
  const Result<Uri> uri = parse_uri(target.redirect_uri);
  const std::string host = uri.ok() ? uri->host : target.redirect_uri;
  const std::string organisation = organisation_of(context);
  StrangerPage page{organisation, client.display_name, host, error.description, way.location, {}};
  for (const FormField& field : way.posted.fields()) {
    page.posted.emplace_back(field.name, field.value);
  }
  return page_response(400, "Not possible", stranger_body(page), FormsLead::to_application);
}

}  // namespace curfew
