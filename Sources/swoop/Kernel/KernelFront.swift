// The kernel's loop: what sockets, compiler and evaluator bring become events, and effects are
// done. One thread, which waits for all of them at once: nothing that a cell does keeps it from
// answering.

import Glibc
import SwoopKernel
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// A kernel between its start and its end.
struct KernelFront: ~Copyable {
    private let codec: MessageCodec
    private let sockets: KernelSockets
    private var machine: KernelMachine
    private let compiler: CellCompiler
    private let toolchain: SwiftToolchain
    private var evaluator: EvaluatorProcess?
    /// The process that has SourceKit, once something is or may soon be asked.
    private var answers: CodeAnswers?
    private var unpublished: [Frames] = []
    private var session = MessageSession()
    private var isEnding = false
    private var deathsInARow = 0

    // Apart from `listening`, since nothing may throw once a socket is a field.
    private init(
        codec: MessageCodec, sockets: consuming KernelSockets, machine: KernelMachine,
        compiler: CellCompiler, toolchain: SwiftToolchain, evaluator: EvaluatorProcess
    ) {
        self.toolchain = toolchain
        self.codec = codec
        self.sockets = sockets
        self.machine = machine
        self.compiler = compiler
        self.evaluator = evaluator
    }

    /// Listens where the file says.
    static func listening(
        _ connection: KernelConnection, toolchain: SwiftToolchain, version: String
    ) throws -> KernelFront {
        let signature = connection.signature
        let sockets = try KernelSockets.listening(connection.file)
        return KernelFront(
            codec: MessageCodec { signature.sign($0) }, sockets: sockets,
            machine: KernelMachine(version: version), compiler: try CellCompiler(toolchain),
            toolchain: toolchain, evaluator: try EvaluatorProcess())
    }

    /// Serves until a client ends the kernel.
    mutating func run() throws {
        defer {
            evaluator?.end(isBusy: machine.isBusy)
            answers?.child.endNow()
            compiler.end()
        }
        handle(.began)
        while !isEnding {
            try turn()
        }
        for frames in unpublished { _ = try? sockets.iopub.send(frames) }
    }

    private mutating func turn() throws {
        var poll = PollLoop()
        _ = poll.watch(sockets.heart)
        _ = poll.watch(sockets.control)
        _ = poll.watch(sockets.shell)
        _ = poll.watch(sockets.stdin)
        // A client that is slow to read holds what is printed, and so the cell that prints.
        if let evaluator, unpublished.isEmpty {
            _ = poll.watch(descriptor: evaluator.news.descriptor)
            for pipe in [evaluator.child.standardOutput, evaluator.child.standardError] {
                if let pipe, !pipe.isEnded { _ = poll.watch(descriptor: pipe.descriptor) }
            }
        }
        if let evaluator { _ = poll.watch(descriptor: evaluator.child.exitDescriptor) }
        for child in compiler.children {
            for pipe in [child.standardOutput, child.standardError] {
                if let pipe, !pipe.isEnded { _ = poll.watch(descriptor: pipe.descriptor) }
            }
            _ = poll.watch(descriptor: child.exitDescriptor)
        }
        if let answers {
            _ = poll.watch(descriptor: answers.news.descriptor)
            _ = poll.watch(descriptor: answers.child.exitDescriptor)
        }
        var deadline = machine.nextDeadline?.nanoseconds
        if !unpublished.isEmpty {
            deadline = min(deadline ?? .max, MonotonicClock.nanoseconds() + 5_000_000)
        }
        try poll.wait(until: deadline)
        try receive()
        flush()
        if unpublished.isEmpty { takeFromEvaluator() }
        if let result = compiler.advance() { handle(event(of: result)) }
        for event in compiler.advancePackage() { handle(event) }
        takeAnswers()
        handle(.timePassed)
    }

    private mutating func receive() throws {
        while let message = try sockets.heart.receive() {
            guard let peer = message.peer, !message.frames.isEmpty else { continue }
            _ = try sockets.heart.send(message.frames, to: peer)
        }
        while let message = try sockets.control.receive() { take(message, from: .control) }
        while let message = try sockets.stdin.receive() { take(message, from: .stdin) }
        while let message = try sockets.shell.receive() {
            take(message, from: .shell)
            while let message = try sockets.control.receive() { take(message, from: .control) }
        }
    }

    private mutating func take(_ message: ReceivedMessage, from channel: KernelChannel) {
        let peer = message.peer.map { [$0.bytes] } ?? []
        do {
            let decoded = try codec.decode(peer + message.frames.map(\.bytes))
            handle(.received(channel, decoded))
        } catch {
            StandardError.say("dropped on \(channel.rawValue): \(error)")
        }
    }

    private func event(of result: CellCompiler.Result) -> KernelEvent {
        switch result {
        case .parsed(let cell, let tree, let messages):
            .parsed(cell: cell, tree: tree, messages: messages)
        case .compiled(let cell, let library, let messages):
            .compiled(cell: cell, library: library, messages: messages)
        }
    }

    private mutating func takeAnswers() {
        guard let answers else { return }
        for (number, answer) in answers.take() { handle(.answered(number: number, answer)) }
        guard let unanswered = answers.hasEnded() else { return }
        // The next question starts another process.
        self.answers = nil
        for number in unanswered { handle(.answered(number: number, .nothing)) }
    }

    private mutating func ask(_ question: CodeQuestion) {
        do {
            let answers = try answers ?? CodeAnswers(toolchain)
            self.answers = answers
            answers.ask(question, arguments: compiler.languageFlags)
        } catch {
            handle(.answered(number: question.number, .missing("\(error)")))
        }
    }

    private mutating func takeFromEvaluator() {
        guard let evaluator else { return }
        // What was printed before a piece of news was in the pipe before it: it is told first.
        let status = evaluator.child.reap()
        let news = evaluator.takeNews()
        while unpublished.count < 64 {
            let printed = evaluator.takeOutput()
            if printed.isEmpty { break }
            for (stream, text) in printed where !text.isEmpty {
                handle(.printed(stream: stream, text: text))
            }
        }
        for item in news {
            handle(.told(item))
        }
        guard let status else { return }
        let reason = evaluator.reason(of: status)
        self.evaluator = nil
        handle(.evaluatorEnded(reason: reason))
    }

    // MARK: Effects

    private mutating func handle(_ event: KernelEvent) {
        var effects: [KernelEffect] = []
        machine.handle(
            event, at: Timestamp(nanoseconds: MonotonicClock.nanoseconds()), into: &effects)
        for effect in effects { perform(effect) }
    }

    private mutating func perform(_ effect: KernelEffect) {
        switch effect {
        case .send(.iopub, let reply): publish(reply)
        case .send(let channel, let reply): send(reply, on: channel)
        case .parse(let cell, let text, let file):
            do { try compiler.parse(cell: cell, text: text, file: file) } catch {
                handle(.parsed(cell: cell, tree: nil, messages: "\(error)"))
            }
        case .compile(let source):
            do { try compiler.compile(source) } catch {
                handle(.compiled(cell: source.cell, library: nil, messages: "\(error)"))
            }
        case .build(let cell, let wish):
            do { try compiler.build(cell: cell, wish) } catch {
                handle(.packageBuilt(cell: cell, nil, messages: "\(error)"))
            }
        case .stopCompiler: compiler.stop()
        case .ask(let question): ask(question)
        case .order(let order):
            // However many cells end it, this one has started.
            if case .run = order { deathsInARow = 0 }
            evaluator?.send(order)
        case .interruptEvaluator: evaluator?.child.kill(SIGINT)
        case .killEvaluator: evaluator?.child.killGroup(SIGKILL)
        case .startEvaluator: startEvaluator()
        case .end: isEnding = true
        }
    }

    private mutating func startEvaluator() {
        deathsInARow += 1
        guard deathsInARow < 4 else {
            StandardError.say("the process that runs cells ends as soon as it starts")
            isEnding = true
            return
        }
        do { evaluator = try EvaluatorProcess() } catch {
            StandardError.say("\(error)")
            isEnding = true
        }
    }

    private mutating func frames(of reply: KernelReply) -> Frames {
        let message = JupyterMessage(
            identities: reply.identities, header: session.header(type: reply.type),
            parent: reply.parent, content: reply.content)
        return codec.encode(message).map { Frame($0) }
    }

    private mutating func send(_ reply: KernelReply, on channel: KernelChannel) {
        var frames = frames(of: reply)
        guard let name = reply.identities.first else { return }
        frames.removeFirst()
        let peer = PeerID(bytes: name)
        switch channel {
        case .shell: _ = try? sockets.shell.send(frames, to: peer)
        case .control: _ = try? sockets.control.send(frames, to: peer)
        case .stdin: _ = try? sockets.stdin.send(frames, to: peer)
        case .iopub: break
        }
    }

    private mutating func publish(_ reply: KernelReply) {
        unpublished.append(frames(of: reply))
        flush()
    }

    private mutating func flush() {
        var count = 0
        for frames in unpublished {
            guard (try? sockets.iopub.send(frames)) == .sent else { break }
            count += 1
        }
        unpublished.removeFirst(count)
    }
}
