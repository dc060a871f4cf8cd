// A coordinator whose only agent does not come: clients hear of it, whenever they attach, and
// nobody waits for what never comes.

import Glibc
import SwoopAgent
import SwoopCoordinator
import SwoopLaunching
import SwoopModel
import SwoopTransport
import SwoopWire
import Synchronization
import Testing

@Suite struct MissingAgentTests {
    private static let patience: Int64 = 10_000_000_000

    /// A coordinator with an agent that is started so.
    private func coordinator(
        isOnly: Bool = true, _ start: @escaping @Sendable () throws -> ChildProcess
    ) throws -> Coordinator {
        let keys = try CurveKeys.generate().publicKey
        return try Coordinator(
            Coordinator.Configuration(program: ProgramID("a-program"), keys: .generate())
        ) { _ in LocalAgent(publicKey: keys, isOnly: isOnly, start: start) }
    }

    /// Why a client that attaches now is refused; nil: it is not, for as long as this waits.
    private func refusal(
        of client: UInt64, by coordinator: Coordinator, within limit: Int64 = Self.patience
    ) throws -> String? {
        let answer = try Answer<String>()
        coordinator.attach(ClientID(client)) { reply in
            if case .refused(let reason) = reply { answer.give(reason) }
        }
        return answer.wait(until: MonotonicClock.nanoseconds() + limit)
    }

    @Test func `an agent that cannot be started is told of to the first client and to later ones`()
        throws
    {
        let coordinator = try coordinator {
            throw LaunchError.cannotStart(program: "/proc/self/exe", code: EMFILE)
        }
        defer { coordinator.stop() }
        for client in 1...3 as ClosedRange<UInt64> {
            let reason = try refusal(of: client, by: coordinator) ?? ""
            #expect(reason.contains("could not be started"), "\(reason)")
            #expect(reason.contains("ulimit -n"), "\(reason)")
        }
    }

    @Test func `an agent that ends before it joins is told of, before and after a client attached`()
        throws
    {
        let coordinator = try coordinator {
            try ChildProcess(starting: LaunchRequest(program: "/bin/false", arguments: []))
        }
        defer { coordinator.stop() }
        for client in 1...2 as ClosedRange<UInt64> {
            let reason = try refusal(of: client, by: coordinator) ?? ""
            #expect(reason.contains("did not start: its agent left with status 1"), "\(reason)")
        }
    }

    @Test func `what an agent said at its end is the reason`() throws {
        let words = "the ceiling came down"
        let coordinator = try coordinator {
            var request = LaunchRequest(
                program: "/bin/sh", arguments: ["-c", "printf '\(words)' >&3; exit 71"])
            request.hearsLastWords = true
            return try ChildProcess(starting: request)
        }
        defer { coordinator.stop() }
        let reason = try refusal(of: 1, by: coordinator) ?? ""
        #expect(reason.hasSuffix("did not start: \(words)"), "\(reason)")
    }

    @Test func `where other agents may come a client waits for them`() throws {
        let coordinator = try coordinator(isOnly: false) {
            throw LaunchError.cannotStart(program: "/proc/self/exe", code: EMFILE)
        }
        defer { coordinator.stop() }
        #expect(try refusal(of: 1, by: coordinator, within: 300_000_000) == nil)
    }

    @Test func `a client that attaches after the end is refused at once`() throws {
        let coordinator = try coordinator {
            throw LaunchError.cannotStart(program: "/proc/self/exe", code: EMFILE)
        }
        coordinator.stop()
        #expect(try refusal(of: 1, by: coordinator) != nil)
    }

    @Test func `an agent that comes when its coordinator ends already is told to end`() throws {
        let child = Mutex<Int32>(0)
        let bare = try BareCoordinator(
            { $0.endingLimit = 60_000_000_000 },
            agent: { _ in
                LocalAgent(publicKey: "of nobody") {
                    let started = try ChildProcess(
                        starting: LaunchRequest(program: "/bin/sleep", arguments: ["60"]))
                    child.withLock { $0 = started.pid }
                    return started
                }
            })
        var agent = try FakeAgent("late", of: bare)
        let coordinator = bare.coordinator
        let stopping = try LoopThread(named: "stopping") { coordinator.stop() }
        try agent.send(
            .register(
                version: wireVersion,
                NodeDescription(name: "late", slots: 2, pageBudget: 1 << 20, processID: 1),
                // Under its own key: where it comes before the end it is taken in, and told then.
                program: bare.program,
                pages: PageService(endpoints: [], publicKey: agent.peer.keys.publicKey)))
        let isTold = try agent.next { order in order == .shutDown ? true : nil }
        #expect(isTold == true)
        // 0 would be all processes of the test's own group.
        let pid = child.withLock { $0 }
        try #require(pid > 0)
        #expect(kill(pid, SIGKILL) == 0)
        stopping.join()
    }
}
