package dev.marketreserve.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * A Lambda execution environment on this machine, with {@link RuntimeApi} in place of Lambda. A
 * Java function runs in its own JVM, under AWS's runtime interface client and with Lambda's class
 * path. The client has native code only for Linux.
 *
 * @see <a
 *     href="https://github.com/aws/aws-lambda-java-libs/tree/main/aws-lambda-java-runtime-interface-client">AWS
 *     Lambda Java Runtime Interface Client</a>
 */
public final class LambdaRuntime implements AutoCloseable {

  /** The jars of the runtime interface client, and its native code in {@code jni/}. */
  private static final Path CLIENT = Path.of("target", "runtime").toAbsolutePath();

  private static final String CLIENT_PACKAGE = "com.amazonaws.services.lambda.runtime.api.client";

  private static final Map<String, String> CREDENTIALS =
      Map.of(
          "AWS_ACCESS_KEY_ID", "local",
          "AWS_SECRET_ACCESS_KEY", "local",
          "AWS_SESSION_TOKEN", "local");

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
   * Starts an environment for Java and returns at once; invocations wait until it is ready. The
   * command line is Lambda's, without its class data archives. Lambda uses the second JIT compiler
   * only with SnapStart.
   *
   * @param prefix a command to which the JVM's command is appended; may be empty
   * @param function the uploaded directory: classes at the root, libraries in {@code lib/}
   * @param handler Lambda's handler setting: a class, or {@code class::method}
   * @param environment the function's variables, {@code AWS_LAMBDA_FUNCTION_MEMORY_SIZE} for the
   *     JVM, and any of Lambda's other variables. If {@code AWS_LAMBDA_INITIALIZATION_TYPE} is
   *     {@code snap-start}, credentials come from an endpoint; otherwise they are in the
   *     environment
   */
  public static LambdaRuntime start(
      List<String> prefix, Path function, String handler, Map<String, String> environment) {
    String architecture = System.getProperty("os.arch").equals("aarch64") ? "aarch_64" : "x86_64";
    Path nativeCode = CLIENT.resolve("jni/libaws-lambda-jni.linux-" + architecture + ".so");
    List<String> command = new ArrayList<>(prefix);
    Collections.addAll(
        command,
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:MaxRAM=" + environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE") + "m",
        "-XX:+UseSerialGC",
        hasSnapStart(environment) ? "-XX:+TieredCompilation" : "-XX:TieredStopAtLevel=1",
        "--enable-native-access=ALL-UNNAMED",
        "--add-opens=java.base/java.io=ALL-UNNAMED",
        "-Dorg.crac.Core.Compat=com.amazonaws.services.lambda.crac",
        "-D" + CLIENT_PACKAGE + ".runtimeapi.NativeClient.JNI=" + nativeCode,
        "-classpath",
        CLIENT + "/*",
        CLIENT_PACKAGE + ".AWSLambda",
        handler);
    return startProgram(command, function, handler, environment);
  }

  /** Starts an environment for another language: the program that uses the Runtime API. */
  public static LambdaRuntime startProgram(
      List<String> command, Path function, String handler, Map<String, String> environment) {
    try {
      RuntimeApi api = new RuntimeApi();
      Path output = Files.createTempFile("lambda-", ".out");
      Path errors = Files.createTempFile("lambda-", ".err");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(function.toFile())
              .redirectOutput(output.toFile())
              .redirectError(errors.toFile());
      Map<String, String> variables = builder.environment();
      variables.clear();
      variables.put("TZ", ":UTC");
      variables.put("HOME", "/nonexistent"); // no profile of this machine's user
      variables.put("LAMBDA_TASK_ROOT", function.toAbsolutePath().toString());
      variables.put("_HANDLER", handler);
      variables.put("AWS_LAMBDA_FUNCTION_NAME", "local");
      variables.put("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
      variables.put("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/local");
      variables.put("AWS_LAMBDA_LOG_STREAM_NAME", "local");
      variables.put("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
      variables.put("AWS_LAMBDA_RUNTIME_API", api.address());
      variables.put("AWS_REGION", "us-east-1");
      variables.put("AWS_DEFAULT_REGION", "us-east-1");
      variables.putAll(hasSnapStart(environment) ? api.credentialsVariables() : CREDENTIALS);
      variables.putAll(environment);
      Process process = builder.start();
      var _ = process.onExit().thenAccept(exited -> api.runtimeExited(exited.exitValue()));
      return new LambdaRuntime(api, process, output, errors);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean hasSnapStart(Map<String, String> environment) {
    return "snap-start".equals(environment.get("AWS_LAMBDA_INITIALIZATION_TYPE"));
  }

  /** The Runtime API that the environment uses. */
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
    try {
      new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start().onExit().join();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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
