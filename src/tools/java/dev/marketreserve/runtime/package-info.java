/** The packaged function under Lambda's own runtime client. */
package dev.marketreserve.runtime;
