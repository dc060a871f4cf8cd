// Requests that need no cell to run: what the kernel is, what was typed, what a name could be.

import SwoopModel

extension KernelMachine {
    mutating func receive(
        _ message: JupyterMessage, on channel: KernelChannel, at now: Timestamp,
        into effects: inout [KernelEffect]
    ) {
        switch message.type {
        case "execute_request" where channel == .shell: return enqueue(message, into: &effects)
        case "input_reply":
            return effects.append(.order(.input(message.content["value"].string)))
        default: break
        }
        publish("status", ["execution_state": "busy"], parent: message.header, into: &effects)
        if ask(message, on: channel, at: now, into: &effects) { return }
        answer(message, on: channel, at: now, into: &effects)
        publish("status", ["execution_state": "idle"], parent: message.header, into: &effects)
    }

    private mutating func answer(
        _ message: JupyterMessage, on channel: KernelChannel, at now: Timestamp,
        into effects: inout [KernelEffect]
    ) {
        let content = message.content
        func reply(_ type: String, _ content: JSONValue) {
            self.reply(to: message, on: channel, type, content, into: &effects)
        }
        switch message.type {
        case "kernel_info_request": reply("kernel_info_reply", information)
        case "is_complete_request":
            reply("is_complete_reply", Completeness.of(content["code"].string ?? "").content)
        case "complete_request": reply("complete_reply", completions(for: content, []))
        case "inspect_request": reply("inspect_reply", inspection(of: content, nil))
        case "history_request": reply("history_reply", pastCells(content))
        case "comm_info_request": reply("comm_info_reply", ["status": "ok", "comms": [:]])
        case "comm_open":
            // Nothing here has the other end of one: whoever opens it hears so.
            publish(
                "comm_close", ["comm_id": content["comm_id"], "data": [:]], parent: message.header,
                into: &effects)
        case "interrupt_request":
            interrupt(at: now, into: &effects)
            reply("interrupt_reply", ["status": "ok"])
        case "shutdown_request":
            showLastWords(into: &effects)
            reply(
                "shutdown_reply",
                ["status": "ok", "restart": .bool(content["restart"].bool ?? false)])
            publish(
                "shutdown_reply",
                ["status": "ok", "restart": .bool(content["restart"].bool ?? false)],
                parent: message.header, into: &effects)
            effects.append(.end)
        default: break
        }
    }

    private var information: JSONValue {
        [
            "status": "ok", "protocol_version": "5.3", "implementation": "swoop",
            "implementation_version": .text(version),
            "language_info": [
                "name": "swift", "version": "6", "mimetype": "text/x-swift",
                "file_extension": ".swift", "pygments_lexer": "swift", "codemirror_mode": "swift",
            ],
            "banner": .text("\(version): Swift cells, and a cluster under them"),
            "debugger": false,
            "help_links": [],
        ]
    }

    /// The last of some cells, in their order; of equal ones one.
    private func newest(
        _ cells: [(count: Int, text: String)], isUnique: Bool, _ count: Int?
    ) -> [(count: Int, text: String)] {
        var seen: Set<String> = []
        var chosen = Array(cells.reversed())
        if isUnique { chosen = chosen.filter { seen.insert($0.text).inserted } }
        return chosen.prefix(max(0, count ?? chosen.count)).reversed()
    }

    private func pastCells(_ content: JSONValue) -> JSONValue {
        var chosen = history
        switch content["hist_access_type"].string {
        case "range":
            let start = content["start"].int ?? 0
            let stop = content["stop"].int ?? .max
            chosen = history.filter { $0.count >= start && $0.count < stop }
        case "search":
            let pattern = content["pattern"].string ?? "*"
            chosen = newest(
                history.filter { TextPattern(pattern).matches($0.text) },
                isUnique: content["unique"].bool ?? false, content["n"].int)
        default: chosen = newest(history, isUnique: false, content["n"].int)
        }
        let isOutputWanted = content["output"].bool ?? false
        let items = chosen.map { item -> JSONValue in
            let text = JSONValue.text(item.text)
            return [0, .integer(item.count), isOutputWanted ? [text, .null] : text]
        }
        return ["status": "ok", "history": .array(items)]
    }
}
