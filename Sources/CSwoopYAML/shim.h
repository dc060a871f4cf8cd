// What Swift sees of libyaml: its one public header. SwoopHosts alone imports this module.
//
// Each function that is called has another symbol, which later.c of CSwoopSystem defines: the
// library is loaded when a hosts file is read, and so is no part of what runs on a host.
#ifndef SWOOP_YAML_SHIM_H
#define SWOOP_YAML_SHIM_H
#define SWOOP_TEXT(words) #words
#define LATER(name) _Pragma(SWOOP_TEXT(redefine_extname name swoop_later_##name))
LATER(yaml_event_delete)
LATER(yaml_parser_delete)
LATER(yaml_parser_initialize)
LATER(yaml_parser_parse)
LATER(yaml_parser_set_encoding)
LATER(yaml_parser_set_input_string)
#undef LATER
#undef SWOOP_TEXT
#include <yaml.h>
#endif
