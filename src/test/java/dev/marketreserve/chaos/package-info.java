/**
 * The tests that try to break the promises of {@code docs/promises.md}: a DynamoDB that fails in
 * every way, many callers at once, a checker of their responses, and random events.
 */
@NullMarked
package dev.marketreserve.chaos;

import org.jspecify.annotations.NullMarked;
