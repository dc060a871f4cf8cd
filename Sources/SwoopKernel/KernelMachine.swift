// The kernel's machine: which requests wait, what becomes of the cell that is under way, and what
// its client is told. It has no clock, no socket and no process of its own.

package import SwoopModel

/// The state of a kernel.
package struct KernelMachine: Sendable {
    /// The cell that is under way.
    struct Current: Sendable {
        enum Phase: Sendable, Equatable {
            /// The first of the packages that are left is built.
            case packing
            case loading(library: String)
            case parsing, compiling
            case starting(library: String)
            case running
        }

        let request: JupyterMessage
        let cell: Int
        let count: Int
        let directives: CellDirectives
        /// Packages of which the cell has made sure.
        var packagesDone = 0
        var phase: Phase
        var text: CellText?
        var source: CellSource?
        var isInterrupted = false
        /// What was shown last under names whose output was replaced, for consoles.
        var replaced: [String: JSONValue] = [:]

        /// Whether the client is a console: it asks the person, and has no cells with ids. Consoles
        /// print what is shown and replace nothing.
        var isConsole: Bool {
            request.content["allow_stdin"].bool == true && request.metadata["cellId"].string == nil
        }

        var isSilent: Bool { request.content["silent"].bool ?? false }
    }

    /// What an interrupted cell has before its process is killed.
    static let patience: Int64 = 800_000_000

    /// Requests of cells that wait for their turn.
    var waiting: [JupyterMessage] = []
    var current: Current?
    var names = CellNames()
    /// What the evaluator has loaded for cells, and every one after it has to.
    var packages: [BuiltPackage] = []
    /// Requests that SourceKit is asked about, by the question's number.
    var asked: [Int: AskedCode] = [:]
    var questionCount = 0
    var isSourceKitMissing = false
    /// Whether somebody types at this notebook: then questions are to be expected.
    private var isTypedAt = false
    /// The question that nobody asked.
    var warmQuestion: Int?
    /// When SourceKit is asked for the sake of the question after that one.
    private var warmAt: Timestamp?
    var history: [(count: Int, text: String)] = []
    private(set) var executionCount = 0
    private var cellCount = 0
    /// The header of the cell that showed a thing of this name last, anew.
    var firstShown: [String: JSONValue] = [:]
    var shownNames: [String] = []
    /// Of what changes by itself: what it becomes where the cells' process ends.
    var lastWords: [String: JSONValue] = [:]
    /// The cell that began last: what comes after its end stands beneath it, too.
    var last: (header: JSONValue, isConsole: Bool) = ([:], false)
    var isEvaluatorReady = false
    private var killAt: Timestamp?
    let version: String

    /// A kernel of this version of Swoop.
    package init(version: String) { self.version = version }

    /// Takes note of an event and says what is to be done.
    package mutating func handle(
        _ event: KernelEvent, at now: Timestamp, into effects: inout [KernelEffect]
    ) {
        defer { expectQuestions(at: now) }
        switch event {
        case .began: publish("status", ["execution_state": "starting"], into: &effects)
        case .received(let channel, let message):
            receive(message, on: channel, at: now, into: &effects)
        case .parsed(let cell, let tree, let messages):
            parsed(cell, tree, messages, into: &effects)
        case .compiled(let cell, let library, let messages):
            compiled(cell, library, messages, into: &effects)
        case .packageProgress(let cell, let text): progressed(cell, text, into: &effects)
        case .packageBuilt(let cell, let package, let messages):
            built(cell, package, messages, into: &effects)
        case .answered(let number, let answer): answered(number, answer, into: &effects)
        case .told(let news): told(news, into: &effects)
        case .printed(let stream, let text):
            publish("stream", ["name": .text(stream), "text": .text(text)], into: &effects)
        case .evaluatorEnded(let reason): evaluatorEnded(reason, into: &effects)
        case .timePassed:
            stopWaiting(at: now, into: &effects)
            if let moment = warmAt, moment <= now { warmSourceKit(into: &effects) }
            guard let deadline = killAt, deadline <= now else { return }
            killAt = nil
            effects.append(.killEvaluator)
        }
    }

    /// When `timePassed` has something to do.
    package var nextDeadline: Timestamp? {
        (asked.values.map(\.deadline) + [warmAt].compactMap { $0 })
            .reduce(killAt) { min($0 ?? $1, $1) }
    }

    /// SourceKit reads all modules for its first answer, longer than clients wait for one: it is
    /// asked once a cell has run, while the person looks at its result.
    private mutating func expectQuestions(at now: Timestamp) {
        guard isTypedAt, questionCount == 0, !isSourceKitMissing, current == nil else {
            return warmAt = nil
        }
        if warmAt == nil { warmAt = now.advanced(by: KernelMachine.pause) }
    }

    /// After a cell, before anything is done that nobody waits for.
    private static let pause: Int64 = 200_000_000

    /// Packages that are there for cells.
    package var packageCount: Int { packages.count }

    /// Whether a cell is under way.
    package var isBusy: Bool { current != nil }

    // MARK: Cells

    mutating func enqueue(_ request: JupyterMessage, into effects: inout [KernelEffect]) {
        waiting.append(request)
        beginNext(into: &effects)
    }

    private mutating func beginNext(into effects: inout [KernelEffect]) {
        guard current == nil, !waiting.isEmpty else { return }
        let request = waiting.removeFirst()
        let code = request.content["code"].string ?? ""
        let isSilent = request.content["silent"].bool ?? false
        if request.content["allow_stdin"].bool == true { isTypedAt = true }
        if !isSilent { executionCount += 1 }
        cellCount += 1
        let (directives, problem) = KernelMachine.directives(of: code)
        current = Current(
            request: request, cell: cellCount, count: executionCount, directives: directives,
            phase: .packing)
        last = (request.header, current?.isConsole ?? false)
        publish("status", ["execution_state": "busy"], into: &effects)
        if !isSilent {
            history.append((executionCount, code))
            publish(
                "execute_input",
                ["code": .text(code), "execution_count": .integer(executionCount)],
                into: &effects)
        }
        if let problem {
            let file = CellSource.file(count: executionCount)
            return fail(
                "Directive", problem.words, traceback: problem.said(of: file), into: &effects)
        }
        goOn(into: &effects)
    }

    /// Begins what comes next for a cell: a package that it asks for, or its code.
    mutating func goOn(into effects: inout [KernelEffect]) {
        guard let cellNow = current else { return }
        if cellNow.packagesDone < cellNow.directives.packages.count {
            return beginPackage(into: &effects)
        }
        let code = cellNow.directives.code
        if code.allSatisfy(\.isWhitespace) { return finish(into: &effects) }
        current?.phase = .parsing
        effects.append(
            .parse(cell: cellNow.cell, text: code, file: CellSource.file(count: cellNow.count)))
    }

    private mutating func parsed(
        _ cell: Int, _ tree: JSONValue?, _ messages: String, into effects: inout [KernelEffect]
    ) {
        guard var cellNow = current, cellNow.cell == cell, cellNow.phase == .parsing else { return }
        let code = cellNow.directives.code
        guard let tree else {
            return failCompilation(messages, code, ColumnShifts(), into: &effects)
        }
        let text = CellText(code, tree: tree, cell: cell)
        if let problem = names.variables.problem(of: text) {
            let file = CellSource.file(count: cellNow.count)
            return fail(
                "CompilerError", problem.words,
                traceback: text.said(problem.words, at: problem.offset, of: file), into: &effects)
        }
        let source = CellSource(text, cell: cell, count: cellNow.count, names: names)
        cellNow.text = text
        cellNow.source = source
        cellNow.phase = .compiling
        current = cellNow
        effects.append(.compile(source))
    }

    private mutating func compiled(
        _ cell: Int, _ library: String?, _ messages: String, into effects: inout [KernelEffect]
    ) {
        guard let cellNow = current, cellNow.cell == cell, cellNow.phase == .compiling,
            let source = cellNow.source
        else { return }
        guard let library else {
            return failCompilation(messages, source.written, source.shifts, into: &effects)
        }
        let said = CompilerMessages(
            messages, file: source.file, written: source.written, shifts: source.shifts)
        if !said.text.isEmpty {
            publish("stream", ["name": "stderr", "text": .text(said.text + "\n")], into: &effects)
        }
        current?.phase = .starting(library: library)
        startIfReady(into: &effects)
    }

    private mutating func startIfReady(into effects: inout [KernelEffect]) {
        guard isEvaluatorReady, let cellNow = current, case .starting(let library) = cellNow.phase
        else { return }
        current?.phase = .running
        effects.append(.order(.run(cell: cellNow.cell, library: library)))
    }

    private mutating func failCompilation(
        _ messages: String, _ code: String, _ shifts: ColumnShifts,
        into effects: inout [KernelEffect]
    ) {
        let file = CellSource.file(count: current?.count ?? 0)
        let said = CompilerMessages(messages, file: file, written: code, shifts: shifts)
        let first = said.firstError ?? "the compiler failed"
        // A compiler that crashed says something that is no message.
        let text = said.firstError == nil ? messages : said.text
        fail("CompilerError", first, traceback: text, into: &effects)
    }

    private mutating func told(_ news: EvaluatorNews, into effects: inout [KernelEffect]) {
        switch news {
        case .ready:
            isEvaluatorReady = true
            for package in packages { effects.append(.order(.load(library: package.library))) }
            startIfReady(into: &effects)
        case .loaded(let library, let problem): loaded(library, problem, into: &effects)
        case .result(let cell, let data):
            guard let cellNow = current, cellNow.cell == cell, !cellNow.isSilent else { return }
            publish(
                "execute_result",
                [
                    "data": data, "metadata": [:], "execution_count": .integer(cellNow.count),
                ], into: &effects)
        case .display(let data, let name, let isUpdate, let lastWords):
            display(data, name, isUpdate: isUpdate, lastWords: lastWords, into: &effects)
        case .finished(let cell):
            guard let cellNow = current, cellNow.cell == cell, let text = cellNow.text else {
                return
            }
            names.add(text, cell: cell)
            finish(into: &effects)
        case .failed(let cell, let name, let words, let steps):
            guard let cellNow = current, cellNow.cell == cell, let text = cellNow.text else {
                return
            }
            names.add(text, cell: cell, steps: steps)
            if cellNow.isInterrupted { return failInterrupted(into: &effects) }
            let place = CellSource.file(count: cellNow.count)
            fail(name, words, traceback: "\(place): \(name): \(words)", into: &effects)
        case .inputWanted(let prompt, let isSecret): askForInput(prompt, isSecret, into: &effects)
        }
    }

    private mutating func failInterrupted(into effects: inout [KernelEffect]) {
        fail(
            "Interrupted", "the cell was interrupted",
            traceback: "Interrupted: the cell was stopped; what it had assigned is kept",
            into: &effects)
    }

    private mutating func askForInput(
        _ prompt: String, _ isSecret: Bool, into effects: inout [KernelEffect]
    ) {
        guard let cellNow = current else { return }
        guard cellNow.request.content["allow_stdin"].bool ?? false else {
            effects.append(.order(.input(nil)))
            return
        }
        effects.append(
            .send(
                .stdin,
                KernelReply(
                    identities: cellNow.request.identities, type: "input_request",
                    parent: cellNow.request.header,
                    content: ["prompt": .text(prompt), "password": .bool(isSecret)])))
    }

    private mutating func evaluatorEnded(_ reason: String, into effects: inout [KernelEffect]) {
        let wasInterrupted = current?.isInterrupted ?? false
        isEvaluatorReady = false
        killAt = nil
        // One that ends its process is not loaded again.
        if case .loading? = current?.phase { packages.removeLast() }
        names = CellNames()
        showLastWords(into: &effects)
        effects.append(.startEvaluator)
        let lost = "The variables and functions of all cells are gone; run again what you need."
        guard let cellNow = current else {
            let text = "The process that runs cells \(reason). \(lost)\n"
            return publish("stream", ["name": "stderr", "text": .text(text)], into: &effects)
        }
        if wasInterrupted {
            let text = "Interrupted: the cell did not stop, so its process was ended. \(lost)"
            return fail(
                "Interrupted", "the cell did not stop, so its process was ended", traceback: text,
                into: &effects)
        }
        let place = CellSource.file(count: cellNow.count)
        fail(
            "Trap", reason, traceback: "\(place): the cell's process \(reason).\n\(lost)",
            into: &effects)
    }

    // MARK: Ends

    private mutating func finish(into effects: inout [KernelEffect]) {
        showReplaced(into: &effects)
        guard let cellNow = current else { return }
        reply(
            to: cellNow.request, on: .shell, "execute_reply",
            [
                "status": "ok", "execution_count": .integer(cellNow.count), "payload": [],
                "user_expressions": [:],
            ], into: &effects)
        end(into: &effects)
    }

    mutating func fail(
        _ name: String, _ value: String, traceback: String, into effects: inout [KernelEffect]
    ) {
        showReplaced(into: &effects)
        guard let cellNow = current else { return }
        let lines = traceback.pieces(at: "\n", omittingEmpty: false).map {
            JSONValue.text(String($0))
        }
        let content: [String: JSONValue] = [
            "ename": .text(name), "evalue": .text(value), "traceback": .array(lines),
        ]
        if !cellNow.isSilent { publish("error", .object(content), into: &effects) }
        var answer = content
        answer["status"] = "error"
        answer["execution_count"] = .integer(cellNow.count)
        reply(
            to: cellNow.request, on: .shell, "execute_reply", .object(answer), into: &effects)
        let aborts = cellNow.request.content["stop_on_error"].bool ?? true
        let dropped = aborts ? waiting : []
        if aborts { waiting = [] }
        let request = cellNow.request
        current = nil
        killAt = nil
        publish("status", ["execution_state": "idle"], parent: request.header, into: &effects)
        for request in dropped { abort(request, into: &effects) }
        beginNext(into: &effects)
    }

    private func abort(_ request: JupyterMessage, into effects: inout [KernelEffect]) {
        publish("status", ["execution_state": "busy"], parent: request.header, into: &effects)
        reply(
            to: request, on: .shell, "execute_reply",
            ["status": "aborted", "execution_count": .integer(executionCount)], into: &effects)
        publish("status", ["execution_state": "idle"], parent: request.header, into: &effects)
    }

    private mutating func end(into effects: inout [KernelEffect]) {
        guard let request = current?.request else { return }
        current = nil
        killAt = nil
        publish("status", ["execution_state": "idle"], parent: request.header, into: &effects)
        beginNext(into: &effects)
    }

    // MARK: Interrupts

    mutating func interrupt(at now: Timestamp, into effects: inout [KernelEffect]) {
        guard let phase = current?.phase else { return }
        current?.isInterrupted = true
        switch phase {
        case .packing, .parsing, .compiling:
            effects.append(.stopCompiler)
            failInterrupted(into: &effects)
        case .loading, .starting: failInterrupted(into: &effects)
        case .running:
            effects.append(.interruptEvaluator)
            killAt = now.advanced(by: KernelMachine.patience)
        }
    }

    // MARK: Messages

    func publish(
        _ type: String, _ content: JSONValue, parent: JSONValue? = nil,
        into effects: inout [KernelEffect]
    ) {
        let reply = KernelReply(
            identities: [Array(type.utf8)], type: type,
            parent: parent ?? current?.request.header ?? last.header, content: content)
        effects.append(.send(.iopub, reply))
    }

    func reply(
        to request: JupyterMessage, on channel: KernelChannel, _ type: String,
        _ content: JSONValue, into effects: inout [KernelEffect]
    ) {
        let reply = KernelReply(
            identities: request.identities, type: type, parent: request.header, content: content)
        effects.append(.send(channel, reply))
    }
}
