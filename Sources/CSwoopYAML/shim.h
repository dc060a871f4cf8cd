// What Swift sees of libyaml: its one public header. SwoopHosts alone imports this module.
#ifndef SWOOP_YAML_SHIM_H
#define SWOOP_YAML_SHIM_H
#include <yaml.h>
#endif
