/* The formats there are: one file each, listed in format.c. */
#pragma once

#include "port/format/format.h"

extern const struct format format_livechat;
extern const struct format format_rocketchat;
