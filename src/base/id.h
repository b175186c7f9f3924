/* Ids and secrets: how they are made and compared. Any thread may call these; randomness comes from libsodium,
 * which id_library_init readies. */
#pragma once

#include "base/arena.h"

#include <stdint.h>

/* Readies libsodium; call once before anything else in the process. Ends the process if that fails. */
void id_library_init(void);

/* 17 characters without look-alikes (23456789ABC...xyz), as Rocket.Chat's ids: about 99 bits
 * (doc/dialects/rocketchat.md 2.1).
 */
struct str id_random(struct arena *a);

/* `bytes` random bytes as lower-case hexadecimal digits, 2 * bytes characters; bytes <= 64. */
struct str id_random_hex(struct arena *a, size_t bytes);

enum { ID_HASH_SIZE = 32 };

/* BLAKE2b-256 of a credential: what is stored in its place. Fast on purpose: only for secrets with at least
 * 64 random bits; passwords go through argon2id (core/identity). O(length). */
void id_hash(struct str secret, uint8_t hash[ID_HASH_SIZE]);

/* Equality in a time that depends only on the lengths. */
bool id_equal_secret(struct str a, struct str b);
