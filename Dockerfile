# syntax=docker/dockerfile:1
# The function as a container image, with an AOT cache of the JVM: see docs/performance/README.md.
FROM maven:3-eclipse-temurin-25 AS build
WORKDIR /src
COPY . .
RUN mvn --batch-mode --quiet -DskipTests -Djacoco.skip pre-integration-test \
 && java -classpath target/test-classes dev.marketreserve.bench.AotCache lay-out /function

FROM public.ecr.aws/lambda/java:25
COPY --from=build /function /function
# The cache holds for the JVM that made it, so the training run is in the image that will run.
RUN --mount=from=build,source=/src,target=/src \
    cd /src && /var/lang/bin/java -classpath target/test-classes dev.marketreserve.bench.AotCache train /function
ENTRYPOINT ["/var/lang/bin/java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", \
    "-XX:AOTCache=/function/function.aot", "--enable-native-access=ALL-UNNAMED", \
    "--add-opens=java.base/java.io=ALL-UNNAMED", \
    "-Dorg.crac.Core.Compat=com.amazonaws.services.lambda.crac", \
    "-classpath", "/function/function.jar", \
    "com.amazonaws.services.lambda.runtime.api.client.AWSLambda"]
CMD ["dev.marketreserve.ReserveHandler"]
