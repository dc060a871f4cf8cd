// What cells show beside their results: each thing of a name has a place of its own, in which it is
// replaced.

/// Names whose places are known.
private let namesMax = 200

extension KernelMachine {
    /// Within a cell what has a name is shown once, and replaced after that. Another cell shows it
    /// too, and clients replace it then wherever it stands: a cell that is run again shows it anew.
    ///
    /// - Parameter lastWords: what it becomes where the cells' process ends; null: it stays.
    mutating func display(
        _ data: JSONValue, _ name: String?, isUpdate: Bool, lastWords words: JSONValue = .null,
        into effects: inout [KernelEffect]
    ) {
        guard let name else {
            return publish(
                "display_data", ["data": data, "metadata": [:], "transient": [:]], into: &effects)
        }
        let own = current?.request.header
        let first = firstShown[name]
        // A console prints what comes between cells into the line that is typed there.
        if own == nil, first == nil, last.isConsole { return }
        lastWords[name] = words == .null ? nil : words
        let isShownHere = own == nil || first == own
        if first == nil || !(isUpdate || isShownHere) { noteShown(name) }
        if first != nil, current?.isConsole == true { current?.replaced[name] = data }
        publish(
            first != nil && (isUpdate || isShownHere) ? "update_display_data" : "display_data",
            ["data": data, "metadata": [:], "transient": ["display_id": .text(name)]],
            parent: own ?? first, into: &effects)
    }

    /// The newest names are kept: what a client shows is replaced while its cell is near.
    private mutating func noteShown(_ name: String) {
        if firstShown[name] == nil {
            shownNames.append(name)
            if shownNames.count > namesMax {
                firstShown[shownNames.removeFirst()] = nil
            }
        }
        firstShown[name] = current?.request.header ?? last.header
    }

    /// The process that would have replaced it is gone: nothing may look as if it went on.
    mutating func showLastWords(into effects: inout [KernelEffect]) {
        for (name, data) in lastWords.sorted(by: { $0.key < $1.key }) {
            display(data, name, isUpdate: true, into: &effects)
        }
    }

    /// Shows in consoles what other clients have seen in place of what was shown first.
    mutating func showReplaced(into effects: inout [KernelEffect]) {
        for (_, data) in (current?.replaced ?? [:]).sorted(by: { $0.key < $1.key }) {
            publish(
                "display_data",
                ["data": ["text/plain": data["text/plain"]], "metadata": [:], "transient": [:]],
                into: &effects)
        }
        current?.replaced = [:]
    }
}
