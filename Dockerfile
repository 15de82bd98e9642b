# The function as a container image, with an AOT cache of the JVM: see docs/performance/README.md.
FROM maven:3-eclipse-temurin-25 AS build
WORKDIR /src
COPY . .
RUN mvn --batch-mode --quiet -DskipTests -Djacoco.skip pre-integration-test
RUN java -classpath target/test-classes dev.marketreserve.image.FunctionImage lay-out /function

# The cache holds for the JVM that made it, so the training run is in the image that will run.
FROM public.ecr.aws/lambda/java:25 AS train
WORKDIR /src
COPY --from=build /src/events events
COPY --from=build /src/target/test-classes target/test-classes
COPY --from=build /function /function
RUN /var/lang/bin/java -classpath target/test-classes dev.marketreserve.image.FunctionImage train /function

FROM public.ecr.aws/lambda/java:25
COPY --from=train /function /function
ENTRYPOINT ["/var/lang/bin/java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", \
    "-XX:AOTCache=/function/function.aot", "--enable-native-access=ALL-UNNAMED", \
    "--add-opens=java.base/java.io=ALL-UNNAMED", \
    "-Dorg.crac.Core.Compat=com.amazonaws.services.lambda.crac", \
    "-classpath", "/function/function.jar", \
    "com.amazonaws.services.lambda.runtime.api.client.AWSLambda"]
CMD ["dev.marketreserve.ReserveHandler"]
