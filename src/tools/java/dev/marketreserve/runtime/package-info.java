/**
 * The packaged function under Lambda's own runtime client. {@link
 * dev.marketreserve.runtime.LambdaRuntime}, {@link dev.marketreserve.runtime.RuntimeApi} and {@link
 * dev.marketreserve.runtime.Completion} work with any function.
 */
@NullMarked
package dev.marketreserve.runtime;

import org.jspecify.annotations.NullMarked;
