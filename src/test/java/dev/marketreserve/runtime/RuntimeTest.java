package dev.marketreserve.runtime;

import dev.marketreserve.dynamodb.DynamoDbExtension;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests of the packaged function under Lambda's runtime client. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("dynamodb")
@ExtendWith(DynamoDbExtension.class)
@EnabledOnOs(
    value = OS.LINUX,
    disabledReason = "Lambda's runtime client has native code only for Linux")
@interface RuntimeTest {}
