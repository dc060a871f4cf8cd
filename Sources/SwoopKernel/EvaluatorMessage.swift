// What the kernel and its evaluator say to one another: a line of JSON each. The evaluator is the
// process in which cells run.

/// An order for the evaluator.
package enum EvaluatorOrder: Hashable, Sendable {
    /// Load a cell's library and run what it holds.
    case run(cell: Int, library: String)
    /// Load a library that cells use.
    case load(library: String)
    /// What the person answered to a question; nil: nobody can be asked.
    case input(String?)
    /// End, when the cluster has kept what was learned.
    case end

    /// As a line, without its end.
    package var line: String {
        switch self {
        case .run(let cell, let library):
            let value: JSONValue = [
                "order": "run", "cell": .integer(cell), "library": .text(library),
            ]
            return value.encoded
        case .load(let library):
            return JSONValue.object(["order": "load", "library": .text(library)]).encoded
        case .input(let text):
            let value: JSONValue = ["order": "input", "text": text.map(JSONValue.text) ?? .null]
            return value.encoded
        case .end: return JSONValue.object(["order": "end"]).encoded
        }
    }

    /// What a line says; nil: nothing that is known.
    package init?(line: [UInt8]) {
        guard let value = try? JSONValue(line) else { return nil }
        switch value["order"].string {
        case "end": self = .end
        case "run":
            guard let cell = value["cell"].int, let library = value["library"].string else {
                return nil
            }
            self = .run(cell: cell, library: library)
        case "load":
            guard let library = value["library"].string else { return nil }
            self = .load(library: library)
        case "input": self = .input(value["text"].string)
        default: return nil
        }
    }
}

/// News of the evaluator.
package enum EvaluatorNews: Hashable, Sendable {
    /// It waits for its first cell.
    case ready
    /// It has loaded a library that cells use, or could not for a reason.
    case loaded(library: String, problem: String?)
    /// A value is to be shown as the cell's result, in several forms by their MIME types.
    case result(cell: Int, JSONValue)
    /// Something is to be shown beside the result; with a name it can be replaced by that name.
    /// Where it changes by itself: what it becomes if the process ends.
    case display(JSONValue, name: String?, isUpdate: Bool, lastWords: JSONValue = .null)
    /// The cell ended.
    case finished(cell: Int)
    /// The cell ended with an error, or was interrupted, after so many of its statements had begun.
    case failed(cell: Int, name: String, text: String, steps: Int)
    /// The cell asks the person; what is typed may not be for others to see.
    case inputWanted(prompt: String, isSecret: Bool)

    /// As a line, without its end.
    package var line: String {
        let value: JSONValue =
            switch self {
            case .ready: ["news": "ready"]
            case .loaded(let library, let problem):
                [
                    "news": "loaded", "library": .text(library),
                    "problem": problem.map(JSONValue.text) ?? .null,
                ]
            case .result(let cell, let data):
                ["news": "result", "cell": .integer(cell), "data": data]
            case .display(let data, let name, let isUpdate, let lastWords):
                [
                    "news": "display", "data": data, "name": name.map(JSONValue.text) ?? .null,
                    "update": .bool(isUpdate), "last": lastWords,
                ]
            case .finished(let cell): ["news": "finished", "cell": .integer(cell)]
            case .failed(let cell, let name, let text, let steps):
                [
                    "news": "failed", "cell": .integer(cell), "name": .text(name),
                    "text": .text(text), "steps": .integer(steps),
                ]
            case .inputWanted(let prompt, let isSecret):
                ["news": "input", "prompt": .text(prompt), "secret": .bool(isSecret)]
            }
        return value.encoded
    }

    /// What a line says; nil: nothing that is known.
    package init?(line: [UInt8]) {
        guard let value = try? JSONValue(line) else { return nil }
        let cell = value["cell"].int ?? 0
        switch value["news"].string {
        case "ready": self = .ready
        case "loaded":
            self = .loaded(
                library: value["library"].string ?? "", problem: value["problem"].string)
        case "result": self = .result(cell: cell, value["data"])
        case "display":
            self = .display(
                value["data"], name: value["name"].string, isUpdate: value["update"].bool ?? false,
                lastWords: value["last"])
        case "finished": self = .finished(cell: cell)
        case "failed":
            self = .failed(
                cell: cell, name: value["name"].string ?? "", text: value["text"].string ?? "",
                steps: value["steps"].int ?? 0)
        case "input":
            self = .inputWanted(
                prompt: value["prompt"].string ?? "", isSecret: value["secret"].bool ?? false)
        default: return nil
        }
    }
}
