/* Faults of the world around a store (README.md), as tests, and what looking at a directory needs. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

void faults_add_tests(uint32_t seed);

/* Removes a directory and all in it. */
void faults_remove(const char *directory);

/* Do these bytes stand in any file of the directory? */
bool faults_find(const char *directory, const char *bytes);
