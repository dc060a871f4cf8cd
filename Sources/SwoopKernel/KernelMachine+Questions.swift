// Completion, signatures and documentation: SourceKit is asked, and what the session knows by
// itself is the answer where there is no SourceKit, or where it takes too long.

import SwoopModel

/// A request that waits for SourceKit.
struct AskedCode: Sendable {
    let message: JupyterMessage
    let channel: KernelChannel
    let question: CodeQuestion
    let deadline: Timestamp
}

extension KernelMachine {
    /// What SourceKit has for an answer: its first one reads all modules.
    private static let answerPatience: Int64 = 8_000_000_000
    /// Questions that wait at most: of a person who types on, the newest count.
    private static let questionsMax = 8

    /// Asks SourceKit about a request's code; false: there is nothing to be asked.
    mutating func ask(
        _ message: JupyterMessage, on channel: KernelChannel, at now: Timestamp,
        into effects: inout [KernelEffect]
    ) -> Bool {
        let content = message.content
        let directives = CellDirectives.orNone(content["code"].string ?? "")
        let cursor = content["cursor_pos"].int ?? directives.unicodeScalars.count
        let place: (start: Int, typed: String)
        let kind: CodeQuestion.Kind
        switch message.type {
        case "complete_request":
            let (word, start, _) = CursorWord.beforeCursor(in: directives, at: cursor)
            (place, kind) = ((start, word), .completion)
            // Everything that there is helps nobody.
            if word.isEmpty, !CursorWord.isMember(in: directives, at: start) { return false }
        case "inspect_request":
            guard let start = CursorWord.inspected(in: directives, at: cursor) else { return false }
            (place, kind) = ((start, ""), .inspection)
        default: return false
        }
        if isSourceKitMissing { return false }
        questionCount += 1
        let question = CodeQuestion(
            questionCount, kind, of: directives, at: place.start, typed: place.typed, names: names)
        if asked.count >= KernelMachine.questionsMax, let oldest = asked.keys.min() {
            answered(oldest, .nothing, into: &effects)
        }
        asked[question.number] = AskedCode(
            message: message, channel: channel, question: question,
            deadline: now.advanced(by: KernelMachine.answerPatience))
        effects.append(.ask(question))
        return true
    }

    /// Asks what nobody wants to know: SourceKit has read the modules then.
    mutating func warmSourceKit(into effects: inout [KernelEffect]) {
        questionCount += 1
        warmQuestion = questionCount
        let code = "0."
        effects.append(
            .ask(
                CodeQuestion(
                    questionCount, .completion, of: code, at: code.unicodeScalars.count, typed: "",
                    names: names)))
    }

    mutating func answered(_ number: Int, _ answer: CodeAnswer, into effects: inout [KernelEffect])
    {
        if case .missing(let reason) = answer, !isSourceKitMissing, number != warmQuestion {
            isSourceKitMissing = true
            let text = "Of names only those of cells are known here: \(reason)\n"
            publish(
                "stream", ["name": "stderr", "text": .text(text)],
                parent: asked[number]?.message.header, into: &effects)
        }
        guard let request = asked.removeValue(forKey: number) else { return }
        let content = request.message.content
        let value: JSONValue = if case .said(let value) = answer { value } else { .null }
        switch request.question.kind {
        case .completion:
            let found = CodeCompletion.all(in: value, typed: request.question.typed)
            reply(
                to: request.message, on: request.channel, "complete_reply",
                completions(for: content, found), into: &effects)
        case .inspection:
            reply(
                to: request.message, on: request.channel, "inspect_reply",
                inspection(of: content, CodeInspection.text(of: value)), into: &effects)
        }
        publish(
            "status", ["execution_state": "idle"], parent: request.message.header, into: &effects)
    }

    /// Answers what has waited long enough by what is known here.
    mutating func stopWaiting(at now: Timestamp, into effects: inout [KernelEffect]) {
        for number in asked.keys.sorted() where asked[number].map({ $0.deadline <= now }) == true {
            answered(number, .nothing, into: &effects)
        }
    }

    /// Names of cells, what SourceKit found, and words of the language where it found nothing.
    func completions(for content: JSONValue, _ found: [CodeCompletion]) -> JSONValue {
        let code = content["code"].string ?? ""
        let (word, start, end) = CursorWord.beforeCursor(
            in: code, at: content["cursor_pos"].int ?? code.unicodeScalars.count)
        var all = found
        if !word.isEmpty, !CursorWord.isMember(in: code, at: start) {
            let own = names.names(beginningWith: word).map { name in
                let declared = names.declarations(of: name).map(\.text).joined(separator: ", ")
                return CodeCompletion(text: name, kind: "instance", signature: declared)
            }
            // SourceKit knows the arguments of a function.
            all = own.filter { name in !found.contains { $0.text == name.text + "(" } } + found
            if found.isEmpty {
                all += CursorWord.keywords.filter { $0.hasPrefix(word) }.map {
                    CodeCompletion(text: $0, kind: "keyword", signature: "")
                }
            }
        }
        var seen: Set<String> = []
        all = all.filter { seen.insert($0.text).inserted }
        let types = all.map { $0.content(start: start, end: end) }
        return [
            "status": "ok", "matches": .array(all.map { .text($0.text) }),
            "cursor_start": .integer(start), "cursor_end": .integer(end),
            "metadata": all.isEmpty ? [:] : ["_jupyter_types_experimental": .array(types)],
        ]
    }

    /// What is known of the name at the cursor, or of the function whose arguments are typed there.
    func inspection(of content: JSONValue, _ told: String?) -> JSONValue {
        let code = content["code"].string ?? ""
        let cursor = content["cursor_pos"].int ?? code.unicodeScalars.count
        let start = CursorWord.inspected(in: code, at: cursor) ?? cursor
        let found = names.declarations(of: CursorWord.aroundCursor(in: code, at: start))
        let own = found.map { "\($0.text), declared in a cell" }.joined(separator: "\n")
        // Of a remote function the overload for plans stands in front of what the person wrote.
        let isOverload = told?.mentions("RemoteArgument<") == true && !own.isEmpty
        let text = isOverload ? own : told ?? own
        let data: JSONValue = text.isEmpty ? [:] : ["text/plain": .text(text)]
        return ["status": "ok", "found": .bool(!text.isEmpty), "data": data, "metadata": [:]]
    }
}
