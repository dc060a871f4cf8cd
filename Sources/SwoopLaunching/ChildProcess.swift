// A child process, from its start until its end has been taken note of.

import CSwoopSystem
import Glibc
import SwoopModel
import SwoopTransport

/// How a process ended.
package enum ExitStatus: Equatable, Sendable {
    /// It returned this code.
    case exited(Int32)
    /// It died of this signal.
    case signalled(Int32)
}

/// A child that cannot outlive this process and must be reaped: one that is dropped unreaped is a
/// bug and traps.
///
/// Used by one thread.
package final class ChildProcess {
    /// Its process id, which is the id of its process group too.
    package let pid: Int32
    /// Readable, in a PollLoop, once the process has ended.
    package let exitDescriptor: Int32
    /// The reading end of its standard output, when piped.
    package private(set) var standardOutput: OutputPipe?
    /// The reading end of its standard error, when piped.
    package private(set) var standardError: OutputPipe?
    private let words: LastWords?
    private var isDisowned = false
    private var stoppedBy: Int32?
    /// How it ended, once that is known.
    package private(set) var status: ExitStatus?

    /// Starts a process: its own group, the parent-death signal armed before anything else, nothing
    /// open in it but the standard streams and the descriptors of the request.
    package init(starting request: LaunchRequest) throws(LaunchError) {
        var request = request
        if request.hearsLastWords {
            let held = LastWords(try HeldBytes.descriptor(holding: []))
            request.descriptors[RoleVariable.lastWords] = held.descriptor.rawValue
            words = held
        } else {
            words = nil
        }
        let streams = try ChildStreams(for: request.output)
        var sources = [streams.input, streams.output, streams.error]
        var targets: [Int32] = [0, 1, 2]
        var names: [String] = []
        for (name, descriptor) in request.descriptors.ordered(by: { $0.key < $1.key }) {
            names.append("\(name)=\(targets.count)")
            sources.append(descriptor)
            targets.append(Int32(targets.count))
        }
        let result = spawn(request, descriptorList: names.joined(separator: ","), sources, targets)
        (standardOutput, standardError) = streams.closeChildEnds()
        guard result > 0 else { throw .cannotStart(program: request.command.path, code: -result) }
        pid = result
        let descriptor = swoop_pidfd_open(result)
        exitDescriptor = descriptor
        guard descriptor >= 0 else {
            // Without it nobody would hear of the child's end.
            killGroup(SIGKILL)
            _ = waitUntilEnded()
            throw .systemCall("pidfd_open", code: -descriptor)
        }
    }

    deinit {
        precondition(
            status != nil || isDisowned,
            "A ChildProcess (pid \(pid)) was dropped before it was reaped.")
        if exitDescriptor >= 0 { _ = close(exitDescriptor) }
    }

    /// Lets the process outlive this one: whoever adopts it reaps it.
    ///
    /// For one that was started without a death signal, by a process that is about to end.
    package func disown() -> Int32 {
        isDisowned = true
        return pid
    }

    /// What the child left behind of why it ended; nil: nothing, or the request did not ask.
    package func lastWords() -> String? {
        guard let number = words?.descriptor.rawValue else { return nil }
        var bytes = [UInt8](repeating: 0, count: HeldBytes.lastWordsMax)
        let count = unsafe pread(number, &bytes, bytes.count, 0)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    /// Takes note of its end if it has ended; nil while it runs.
    package func reap() -> ExitStatus? {
        note(blocking: false)
    }

    /// The signal that has stopped it; nil while it goes on. Asks the system anew.
    package func stopSignal() -> Int32? {
        var signal: Int32 = 0
        while status == nil {
            switch unsafe swoop_stop_of(pid, &signal) {
            case 1: stoppedBy = signal
            case 2: stoppedBy = nil
            default: return stoppedBy
            }
        }
        return nil
    }

    /// Blocks until it has ended.
    ///
    /// For children that were told to end, and for tests.
    package func waitUntilEnded() -> ExitStatus {
        note(blocking: true) ?? .exited(-1)
    }

    /// Sends a signal to the process alone; nothing when it has been reaped.
    package func kill(_ signal: Int32) {
        if status == nil { _ = Glibc.kill(pid, signal) }
    }

    /// Sends a signal to everything in its group, the programs that it started included.
    ///
    /// Nothing when it has been reaped: call it before `reap` for what the child may leave behind.
    package func killGroup(_ signal: Int32) {
        if status == nil { _ = swoop_kill_group(pid, signal) }
    }

    /// Kills its group and reaps it.
    package func endNow() {
        killGroup(SIGKILL)
        _ = waitUntilEnded()
    }

    private func note(blocking: Bool) -> ExitStatus? {
        if let status { return status }
        var code: Int32 = 0
        var signalled: Int32 = 0
        let result = unsafe swoop_reap(pid, blocking ? 1 : 0, &code, &signalled)
        if result == 0 { return nil }
        // A negative answer: somebody else reaped it (a program that ignores SIGCHLD); it has
        // ended.
        status = result < 0 ? .exited(-1) : signalled != 0 ? .signalled(code) : .exited(code)
        return status
    }
}

/// Where a child may write why it ends.
private final class LastWords {
    let descriptor: OwnedDescriptor

    init(_ descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }
}

/// Both ends of a child's standard streams.
private struct ChildStreams {
    var input: Int32
    var output: Int32 = 1
    var error: Int32 = 2
    private var parentOutput: OutputPipe?
    private var parentError: OutputPipe?
    private let plan: LaunchRequest.Output

    init(for plan: LaunchRequest.Output) throws(LaunchError) {
        self.plan = plan
        input = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
        guard input >= 0 else { throw .systemCall("open(/dev/null)", code: errno) }
        switch plan {
        case .inherited: break
        case .discarded: (output, error) = (input, input)
        case .piped:
            do throws(LaunchError) {
                (parentOutput, output) = try ChildStreams.pipe()
                (parentError, error) = try ChildStreams.pipe()
            } catch {
                _ = closeChildEnds()
                throw error
            }
        }
    }

    /// Closes what only the child needs; the parent's ends, when there are any.
    func closeChildEnds() -> (output: OutputPipe?, error: OutputPipe?) {
        _ = close(input)
        if plan == .piped {
            if output > 2 { _ = close(output) }
            if error > 2 { _ = close(error) }
        }
        return (parentOutput, parentError)
    }

    private static func pipe() throws(LaunchError) -> (OutputPipe, Int32) {
        var ends: [Int32] = [-1, -1]
        let result = unsafe swoop_pipe(&ends)
        guard result == 0 else { throw .systemCall("pipe2", code: -result) }
        // It fails for numbers that are no descriptors only.
        _ = swoop_set_nonblocking(ends[0])
        return (OutputPipe(owning: ends[0]), ends[1])
    }
}

extension LaunchRequest {
    /// The folder of the bundle that the child runs from.
    private var bundleFolder: String? {
        switch program {
        case .thisExecutable: ShippedProgram.folder
        case .bundle(let folder): folder
        case .path: nil
        }
    }

    /// What is executed, and with which arguments.
    fileprivate var command: (path: String, arguments: [String]) {
        if let folder = bundleFolder {
            return ShippedProgram.command(folder: folder, arguments: arguments)
        }
        if case .path(let path) = program { return (path, arguments) }
        return ("/proc/self/exe", arguments)
    }

    fileprivate func environmentLines(descriptorList: String) -> [String] {
        var lines: [String] = []
        var cursor = unsafe swoop_environment()
        while let line = unsafe cursor.pointee {
            let text = unsafe String(cString: line)
            let name = text.prefix { $0 != "=" }
            if environment[String(name)] == nil, !RoleVariable.all.contains(String(name)) {
                lines.append(text)
            }
            unsafe cursor += 1
        }
        for (name, value) in environment.ordered(by: { $0.key < $1.key }) {
            lines.append("\(name)=\(value)")
        }
        if let role {
            lines.append("\(RoleVariable.role)=\(role)")
            lines.append("\(RoleVariable.descriptors)=\(descriptorList)")
            if let folder = bundleFolder { lines.append("\(RoleVariable.bundle)=\(folder)") }
        }
        return lines
    }
}

/// The pid, or a negative errno.
private func spawn(
    _ request: LaunchRequest, descriptorList: String, _ sources: [Int32], _ targets: [Int32]
) -> Int32 {
    let environment = request.environmentLines(descriptorList: descriptorList)
    let command = request.command
    return unsafe withCStrings(command.arguments) { arguments in
        unsafe withCStrings(environment) { environment in
            unsafe sources.withUnsafeBufferPointer { sources in
                unsafe targets.withUnsafeBufferPointer { targets in
                    unsafe command.path.withCString { path in
                        let spawnPlain = { (folder: UnsafePointer<CChar>?) -> Int32 in
                            var plan = unsafe swoop_spawn_request(
                                path: path, arguments: arguments, environment: environment,
                                directory: folder, sources: sources.baseAddress,
                                targets: targets.baseAddress, count: targets.count,
                                death_signal: request.deathSignal)
                            return unsafe swoop_spawn(&plan)
                        }
                        guard let folder = request.folder else { return spawnPlain(nil) }
                        return unsafe folder.withCString(spawnPlain)
                    }
                }
            }
        }
    }
}

/// Lends an array of C strings that ends with NULL.
private func withCStrings<R>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
) -> R {
    var copies: [UnsafeMutablePointer<CChar>?] = unsafe strings.map { unsafe strdup($0) }
    unsafe copies.append(nil)
    defer { unsafe copies.forEach { unsafe free($0) } }
    return unsafe copies.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
}
