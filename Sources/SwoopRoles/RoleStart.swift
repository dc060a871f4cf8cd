// The roles that this executable plays for a cluster: called before the program's main, by role.c.
// They stand apart from Swoop so that it does not wait for the agent and the worker to be compiled.

import CSwoopSystem
import Glibc
import Swoop
import SwoopAgent
import SwoopElements
import SwoopLaunching
import SwoopModel
import SwoopWorker

/// Plays the role that this process was started in, and ends the process.
@c(swoop_play_role)
public func _swoopPlayRole() {
    do {
        guard let role = try InheritedRole.take() else { return }
        // A file that may not grow is an error of whoever writes it, and no end of the process.
        swoop_ignore_file_size_signal()
        swoop_spare_addresses()
        do {
            try play(role)
        } catch {
            role.say("\(error)")
            throw error
        }
        exit(0)
    } catch {
        complain("\(error)")
        exit(71)
    }
}

private func play(_ role: InheritedRole) throws {
    switch role.name {
    case AgentConfiguration.role: try AgentProcess.run(role)
    case WorkerInheritance.role: try WorkerProcess.run(role, program: .current)
    case StandingCluster.role: try StandingCluster.play(role)
    default: throw LaunchError.malformedRole(role.name)
    }
}

private func complain(_ text: String) {
    let bytes = Array("swoop: \(PrintableText.lines(text))\n".utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
}

extension WorkerProgram {
    /// This program: its remote functions, and how their calls of one another are intercepted.
    static var current: WorkerProgram {
        WorkerProgram(
            entry: { identity in
                if identity == identityEntry.identity { return identityEntry }
                if let entry = RemoteRegistry.function(identity) { return entry }
                return LaterLibraries.loadAnnounced() ? RemoteRegistry.function(identity) : nil
            },
            library: { LaterLibraries.loadOffset(of: $0) },
            within: { maker, isChild, body in
                let hook = ChildHook(maker)
                if isChild {
                    try await _RemoteRun.within(hook: hook) { try await body() }
                } else {
                    try await _RemoteRun.entering(hook: hook) { try await body() }
                }
            })
    }
}

/// Decides about the calls of a run: a child of its own while a core idles, else inline.
private final class ChildHook: _RemoteRunHook {
    private let maker: any ChildMaker

    init(_ maker: any ChildMaker) { self.maker = maker }

    nonisolated(nonsending) func spawnOrInline<Function: RemoteFunction>(
        _ function: Function.Type, _ arguments: Function.Arguments,
        body: @escaping @Sendable () async throws -> Function.Result
    ) async throws -> Function.Result {
        let entry = function._entry
        guard entry.hasLimits else { return try await once(function, arguments, body) }
        return try await entry.repeated {
            try await self.once(function, arguments) { try await entry.limited(body) }
        }
    }

    nonisolated(nonsending) private func once<Function: RemoteFunction>(
        _ function: Function.Type, _ arguments: Function.Arguments,
        _ body: @escaping @Sendable () async throws -> Function.Result
    ) async throws -> Function.Result {
        guard maker.isHungry else { return try await body() }
        return try await maker.runChild(
            of: function._entry, features: function._features(arguments)
        ) { try await body() }
    }
}
