/* What the files of mongo.h share. */
#pragma once

#include "text/json_write.h"

/* A number as JavaScript prints it: whole ones without a fraction, what is none as null. */
void mongo_add_double(struct json *w, double value);
