// protocol/json/json_fwd.hpp: names of the JSON types, for headers that only mention them.
#pragma once

#include <boost/json/fwd.hpp>
