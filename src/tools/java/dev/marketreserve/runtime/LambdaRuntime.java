package dev.marketreserve.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A Lambda execution environment on this machine: AWS's runtime interface client for Java in its
 * own JVM, with Lambda's class path, and with {@link RuntimeApi} in place of Lambda.
 *
 * <p>The JVM sees only the function's directory and the client's jars. Its environment variables
 * are those given here and those that Lambda adds. It runs on this JVM's Java version. The client
 * has native code only for Linux.
 *
 * <pre>{@code
 * try (LambdaRuntime runtime =
 *     LambdaRuntime.start(
 *         Path.of("target/runtime"), Path.of("target/function"), "com.example.Hello", Map.of())) {
 *   Completion hello = runtime.api().invoke("{}", Duration.ofSeconds(10));
 * }
 * }</pre>
 *
 * @see <a
 *     href="https://github.com/aws/aws-lambda-java-libs/tree/main/aws-lambda-java-runtime-interface-client">AWS
 *     Lambda Java Runtime Interface Client</a>
 */
public final class LambdaRuntime implements AutoCloseable {

  private static final String MAIN_CLASS =
      "com.amazonaws.services.lambda.runtime.api.client.AWSLambda";
  private static final String NATIVE_CODE =
      "com.amazonaws.services.lambda.runtime.api.client.runtimeapi.NativeClient.JNI";

  private final RuntimeApi api;
  private final Process process;
  private final Path output;
  private final Path errors;

  private LambdaRuntime(RuntimeApi api, Process process, Path output, Path errors) {
    this.api = api;
    this.process = process;
    this.output = output;
    this.errors = errors;
  }

  /**
   * Starts the environment and returns at once; invocations wait until it is ready.
   *
   * @param client the jars of the runtime interface client and its dependencies, and its native
   *     code unpacked in {@code jni/}
   * @param function the uploaded directory: classes at the root, libraries in {@code lib/}
   * @param handler Lambda's handler setting: a class, or {@code class::method}
   * @param environment the function's variables, and any of Lambda's own. If {@code
   *     AWS_LAMBDA_INITIALIZATION_TYPE} is {@code snap-start}, credentials come from an endpoint;
   *     otherwise they are in the environment
   */
  public static LambdaRuntime start(
      Path client, Path function, String handler, Map<String, String> environment) {
    return start(List.of(), client, function, handler, environment);
  }

  /** Starts the environment through another command; the JVM's command is appended to it. */
  public static LambdaRuntime start(
      List<String> prefix,
      Path client,
      Path function,
      String handler,
      Map<String, String> environment) {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(command(client.toAbsolutePath(), handler, environment));
    return start(command, function, handler, environment);
  }

  /**
   * Starts an environment for another language.
   *
   * @param command the program that uses the Runtime API, with its arguments
   */
  public static LambdaRuntime start(
      List<String> command, Path function, String handler, Map<String, String> environment) {
    try {
      RuntimeApi api = RuntimeApi.start();
      Path output = Files.createTempFile("lambda-", ".out");
      Path errors = Files.createTempFile("lambda-", ".err");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(function.toFile())
              .redirectOutput(output.toFile())
              .redirectError(errors.toFile());
      builder.environment().clear();
      builder.environment().put("TZ", ":UTC");
      builder.environment().put("HOME", "/nonexistent"); // no profile of this machine's user
      builder.environment().put("LAMBDA_TASK_ROOT", function.toAbsolutePath().toString());
      builder.environment().put("_HANDLER", handler);
      builder.environment().put("AWS_LAMBDA_FUNCTION_NAME", "local");
      builder.environment().put("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
      builder.environment().put("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/local");
      builder.environment().put("AWS_LAMBDA_LOG_STREAM_NAME", "local");
      builder.environment().put("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
      builder.environment().put("AWS_LAMBDA_RUNTIME_API", api.address());
      builder.environment().put("AWS_REGION", "us-east-1");
      builder.environment().put("AWS_DEFAULT_REGION", "us-east-1");
      if (hasSnapStart(environment)) {
        builder.environment().put("AWS_CONTAINER_CREDENTIALS_FULL_URI", api.credentialsUri());
        builder.environment().put("AWS_CONTAINER_AUTHORIZATION_TOKEN", "local");
      } else {
        builder.environment().put("AWS_ACCESS_KEY_ID", "local");
        builder.environment().put("AWS_SECRET_ACCESS_KEY", "local");
        builder.environment().put("AWS_SESSION_TOKEN", "local");
      }
      builder.environment().putAll(environment);
      Process process = builder.start();
      var _ = process.onExit().thenAccept(exited -> api.runtimeExited(exited.exitValue()));
      return new LambdaRuntime(api, process, output, errors);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Lambda's command line, without its class data archives. Lambda uses the second JIT compiler
   * only with SnapStart. If the environment gives the function's memory size, the JVM gets it as
   * the machine's memory.
   */
  private static List<String> command(
      Path client, String handler, Map<String, String> environment) {
    String architecture = System.getProperty("os.arch").equals("aarch64") ? "aarch_64" : "x86_64";
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (environment.containsKey("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")) {
      command.add("-XX:MaxRAM=" + environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE") + "m");
    }
    command.add("-XX:+UseSerialGC");
    command.add(hasSnapStart(environment) ? "-XX:+TieredCompilation" : "-XX:TieredStopAtLevel=1");
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--add-opens=java.base/java.io=ALL-UNNAMED");
    command.add("-Dorg.crac.Core.Compat=com.amazonaws.services.lambda.crac");
    command.add(
        "-D" + NATIVE_CODE + "=" + client + "/jni/libaws-lambda-jni.linux-" + architecture + ".so");
    command.addAll(List.of("-classpath", client + "/*", MAIN_CLASS, handler));
    return command;
  }

  private static boolean hasSnapStart(Map<String, String> environment) {
    return "snap-start".equals(environment.get("AWS_LAMBDA_INITIALIZATION_TYPE"));
  }

  /** The Lambda that the environment sees. */
  public RuntimeApi api() {
    return api;
  }

  /** The lines on standard output so far, which Lambda would add to the function's log. */
  public List<String> output() {
    return lines(output);
  }

  /** The lines on standard error so far. */
  public List<String> errors() {
    return lines(errors);
  }

  /** Kills the JVM with SIGKILL. */
  public void kill() {
    process.destroyForcibly();
  }

  /** Stops the JVM with SIGSTOP until {@link #thaw}, like an environment between invocations. */
  public void freeze() {
    signal("STOP");
  }

  /** Lets a frozen JVM continue. */
  public void thaw() {
    signal("CONT");
  }

  /** The process id. */
  public long pid() {
    return process.pid();
  }

  @Override
  public void close() {
    kill();
    process.onExit().join();
    api.close();
    try {
      Files.delete(output);
      Files.delete(errors);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void signal(String name) {
    if (process.isAlive()) {
      try {
        new ProcessBuilder("kill", "-" + name, Long.toString(pid()))
            .inheritIO()
            .start()
            .onExit()
            .join();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
