// The way of one host: connect, look, send what is missing, start. One thread goes it from end to
// end; every step has a limit.

import Glibc
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// One host on its way.
///
/// Used by one thread.
struct HostSteps {
    let host: HostEntry
    let bundle: HostBundle
    let options: BringUpOptions
    let resolver: SSHResolver
    let knownHosts: KnownHostsReader
    let agentStart: @Sendable (HostEntry, HostFacts) throws(HostError) -> AgentStart
    let progress: (HostProgress) -> Void

    private var connection: HostConnection {
        HostConnection(host: host, options: options, resolver: resolver, knownHosts: knownHosts)
    }

    /// Brings the host up; never waits for ever.
    func run(cancelled: Wakeup) -> HostOutcome {
        let wait = HostWait(host: host.name, cancelled: cancelled)
        var outcome = HostOutcome(host: host)
        do throws(HostError) {
            if wait.isCancelled { throw wait.cancellation }
            progress(.connecting)
            let (session, user) = try connection.open(wait)
            progress(.checking)
            let (answer, shell) = try connection.probe(session, for: bundle.manifest)
            if let objection = answer.objection(to: bundle.manifest, user: user) {
                throw wait.error(objection.message, words: objection.words)
            }
            var facts = answer.facts
            facts.clientAddress = session.ownAddress ?? ""
            facts.reachedAddress = session.peerAddress ?? ""
            facts.missing += try wrong(answer.unchecked, in: facts.folder, on: session)
            outcome.facts = facts
            if !answer.hasProgram { try send(facts, on: session) }
            outcome.carried = try start(facts, on: session, shell: shell)
            progress(.joined(isCarried: outcome.carried != nil))
        } catch {
            outcome.failure = error
            progress(.failed(error))
        }
        return outcome
    }

    /// Those of the files that are there and not what their digests say: they are sent again.
    private func wrong(
        _ digests: [String], in folder: String, on session: SSHSession
    ) throws(HostError) -> [String] {
        guard !digests.isEmpty else { return [] }
        session.wait.begin(.check, within: options.stallLimit)
        session.wait.doing = "looking at the files of the program"
        let result = try SSHChannel.run(HostFolder.check(digests, in: folder), on: session)
        let right = HostFolder.rightDigests(in: result.output)
        return digests.filter { !right.contains($0) }
    }

    private func send(_ facts: HostFacts, on session: SSHSession) throws(HostError) {
        let wait = session.wait
        wait.begin(.send, within: options.stallLimit)
        let random = UInt64.random(in: .min ... .max)
        let script = PlacementScript(
            manifest: bundle.manifest, folder: facts.folder, missing: facts.missing,
            temporary: "ssh-\(String(random, radix: 16))")
        if !facts.missing.isEmpty { try transfer(script, on: session) }
        wait.doing = "putting the files in place"
        wait.extend()
        let result = try SSHChannel.run(script.placing, on: session)
        guard result.code == 0, result.says("placed") else {
            throw wait.error(
                "the files could not be put in place in \(facts.folder).",
                words: Words.tidy(result.errorOutput))
        }
    }

    private func transfer(_ script: PlacementScript, on session: SSHSession) throws(HostError) {
        let wait = session.wait
        wait.doing = "sending the program"
        var stream = try made(wait) {
            try bundle.archive.stream(of: script.missing)
        }
        let total = stream.byteCount
        progress(.sending(bytes: 0, of: total))
        let channel = try HostShell.open(on: session)
        var isWanted = try channel.write(Array(script.unpacking.utf8))
        while isWanted {
            let chunk = try made(wait) { try stream.next() }
            guard let chunk else { break }
            // A fast link is never waited for.
            if wait.isCancelled { throw wait.cancellation }
            wait.extend()
            isWanted = try channel.write(chunk)
            progress(.sending(bytes: stream.bytesTaken, of: total))
        }
        let result = try channel.finish()
        guard result.code == 0, result.says(PlacementScript.unpacked), isWanted else {
            let words = Words.tidy(result.errorOutput)
            let reason =
                words.mentions("No space left") ? "there was not enough space" : "unpacking failed"
            throw wait.error("\(reason) in \(script.folder).", words: words)
        }
    }

    /// What the bundle has to say, as an error of this host.
    private func made<Value>(
        _ wait: HostWait, _ make: () throws -> Value
    ) throws(HostError) -> Value {
        do {
            return try make()
        } catch {
            throw wait.error("a file of the program cannot be read here: \(error)")
        }
    }

    /// Starts the agent, by the shell that is there or, with a prolog, by the user's own.
    private func start(
        _ facts: HostFacts, on session: SSHSession, shell: SSHChannel
    ) throws(HostError) -> CarriedPort? {
        let wait = session.wait
        wait.begin(.start, within: options.startLimit)
        wait.doing = "starting its agent"
        let start = try agentStart(host, facts)
        progress(.starting)
        let command = StartCommand.text(
            host: host, manifest: bundle.manifest, folder: facts.folder, start: start)
        guard host.prolog == nil, !command.utf8.contains(UInt8(ascii: "\n")) else {
            // The prolog is a line of the user's own shell; our words are only ever for /bin/sh.
            let prolog = host.prolog.map { $0 + "\n" } ?? ""
            let channel = try HostShell.open(after: prolog, on: session)
            if channel.isEnded {
                let code = try channel.finish().code
                throw wait.error(
                    "its shell ended (status \(code)) before the agent was started."
                        + (host.prolog == nil ? "" : prologRemark), words: said(by: channel))
            }
            var lines = Array("\(command)\n\(ProbeScript.endOfScript)\n".utf8)
            lines.reserveCapacity(lines.count + start.configuration.count)
            lines.append(start.configuration)
            defer { lines.wipe() }
            _ = try channel.write(lines)
            return try join(start, on: session, channel)
        }
        shell.forget()
        var lines = Array((command + "\n").utf8)
        lines.reserveCapacity(lines.count + start.configuration.count)
        lines.append(start.configuration)
        defer { lines.wipe() }
        _ = try shell.write(lines)
        return try join(start, on: session, shell)
    }

    /// Listens to an agent until it has joined, and carries a port to it when it needs one.
    private func join(
        _ start: AgentStart, on session: SSHSession, _ channel: SSHChannel
    ) throws(HostError) -> CarriedPort? {
        let wait = session.wait
        var forward: PortForward?
        while true {
            let hasMoved = try channel.read()
            let hasCarried = try forward?.step() ?? false
            let news = channel.output.takeLines()
            for line in news {
                switch AgentNews(line) {
                case .none: break
                case .joined:
                    guard let forward else { return nil }
                    return try CarriedPort(session, forward: forward)
                case .cannotReach where forward == nil:
                    let made = try PortForward(
                        session, address: start.carriedAddress, port: start.carriedPort)
                    forward = made
                    wait.extend()
                    _ = try channel.write(Array("endpoint=tcp://127.0.0.1:\(made.port)\n".utf8))
                case .cannotReach, .other:
                    let words = String(decoding: line, as: UTF8.self)
                    throw wait.error(
                        "its agent gave up: \(words)\(prologRemark)", words: said(by: channel))
                }
            }
            if channel.isEnded {
                let result = try channel.finish()
                let how = result.signal.map { "signal \($0)" } ?? "status \(result.code)"
                throw wait.error(
                    "its agent ended before it had joined (\(how)).\(prologRemark)",
                    words: said(by: channel))
            }
            if hasMoved || hasCarried || !news.isEmpty || session.hasTakenBytes() { continue }
            var items = [pollfd(fd: session.descriptor, events: Int16(POLLIN), revents: 0)]
            let hasTime: Bool
            if let forward {
                hasTime = try forward.wait(reads: true)
            } else {
                hasTime = try wait.wait(for: &items, atMost: .max)
            }
            guard hasTime else {
                throw wait.error(
                    "its agent did not join within \(seconds(options.startLimit))."
                        + prologRemark,
                    words: said(by: channel))
            }
        }
    }

    /// What ran before the agent, in its shell, and may have spoiled it.
    private var prologRemark: String {
        guard let prolog = host.prolog else { return "" }
        let line = PrintableText.line(prolog)
        let shown = line.count > 80 ? line.prefix(80) + "…" : line[...]
        return " Its prolog ran before it: `\(shown)`; does the agent start without?"
    }

    private func said(by channel: SSHChannel) -> String {
        Words.tidy(channel.errorOutput.tail)
    }
}

/// A line of an agent that is about to join.
enum AgentNews: Equatable {
    case joined
    /// It cannot reach the coordinator where it was told to.
    case cannotReach
    /// Something else of ours: it gives up.
    case other

    /// Nil for lines of somebody else: the user's shell, the prolog.
    init?(_ line: ArraySlice<UInt8>) {
        let mark = Array("swoop: ".utf8)
        guard line.starts(with: mark) else { return nil }
        let words = line.dropFirst(mark.count)
        self =
            words.starts(with: "joined".utf8)
            ? .joined : words.starts(with: "cannot reach".utf8) ? .cannotReach : .other
    }
}
