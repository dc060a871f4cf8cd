// The one error that users see.

public import SwoopElements
public import SwoopModel

/// Anything that went wrong between a program and its cluster, with what to do about it.
///
/// ```swift
/// do { print(try await proxy.value) }
/// catch let error as SwoopError where error.code == .taskFailed { print(error) }
/// ```
public struct SwoopError: Error, Sendable {
    /// What kind of thing went wrong.
    ///
    /// More may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        /// The task's function threw an error, or was stopped by a runtime check.
        public static let taskFailed = Code(description: "taskFailed")
        /// Something that the task needed failed; `message` has the cause.
        public static let inputFailed = Code(description: "inputFailed")
        /// The task, or the scope that it belongs to, was cancelled.
        public static let cancelled = Code(description: "cancelled")
        /// The process of the task died, by a signal or by leaving.
        public static let workerDied = Code(description: "workerDied")
        /// A node, or what was stored there, is gone for good.
        public static let lost = Code(description: "lost")
        /// A value does not decode as its type: caller and function disagree.
        public static let undecodable = Code(description: "undecodable")
        /// No memory for a page.
        public static let noMemory = Code(description: "noMemory")
        /// A function declares more memory or cores than any node has.
        public static let needsUnmet = Code(description: "needsUnmet")
        /// The plan is wrong: a handle of another cluster, a loop inside of a loop.
        public static let invalidPlan = Code(description: "invalidPlan")
        /// A handle was used after its cluster's scope, or before its plan was run.
        public static let notRunning = Code(description: "notRunning")
        /// The cluster could not be started or reached.
        public static let unreachable = Code(description: "unreachable")
        /// It took longer than it, or its plan, was given.
        public static let timedOut = Code(description: "timedOut")
        /// A download is larger than its cap.
        public static let tooLarge = Code(description: "tooLarge")
        /// Something could not be kept by its name, or nothing of that name and type is kept.
        public static let notKept = Code(description: "notKept")
        /// There is no such file.
        public static let sourceMissing = Code(description: "sourceMissing")
        /// A file may not be read, or a folder not be written to.
        public static let sourceDenied = Code(description: "sourceDenied")
        /// A file was changed between the making of the plan and its reading.
        public static let sourceChanged = Code(description: "sourceChanged")
        /// A file could not be read or written; `message` has the reason.
        public static let sourceFailed = Code(description: "sourceFailed")
    }

    /// What kind of thing went wrong.
    public var code: Code
    /// What happened, in a sentence.
    public var message: String
    /// The task, where there was one.
    public var task: TaskID?
    /// Short name of its function; empty where there was none.
    public var function: String
    /// The node on which it happened; empty where unknown.
    public var node: String
    /// The user's source file as `Module/File.swift`; empty where unknown.
    public var file: String
    /// The line in `file`; 0 where unknown.
    public var line: Int
    /// Which attempt at the task it was; 0 where there was none.
    public var attempt: Int
    /// The Swift type of an error that the function threw; empty for anything else.
    public var errorType: String
    /// The encoding of that error, where it has one.
    var thrown: [UInt8]
    /// The last lines that the task or its process printed.
    public var lastOutput: [String]
    /// What to do about it; empty where nothing is known to help.
    public var advice: String

    /// An error with a code and a sentence.
    public init(_ code: Code, _ message: String, advice: String = "") {
        self.code = code
        self.message = message
        self.advice = advice
        task = nil
        function = ""
        node = ""
        file = ""
        line = 0
        attempt = 0
        errorType = ""
        thrown = []
        lastOutput = []
    }
}

extension SwoopError {
    /// What happened, in a sentence: `message`.
    ///
    /// Of a `SwoopError` that is caught as `any Error`, Foundation knows this with
    /// `import SwoopFoundation`.
    public var localizedDescription: String { message }

    /// The error that the task's function threw, as itself, or that of the input that failed first;
    /// nil if it is of another type.
    ///
    /// ```swift
    /// catch let error as SwoopError {
    ///     if let cause = error.underlying(as: LabError.self) { … }
    /// }
    /// ```
    ///
    /// - Parameter type: an error that is `Codable`; one that takes more than 64 KiB does not
    ///   travel.
    public func underlying<Underlying: Error & Codable>(as type: Underlying.Type) -> Underlying? {
        thrown(type) { (reader) throws(ValueDecodingError) in
            try _decodeValue(Underlying.self, from: &reader)
        }
    }

    /// The error that the task's function threw, as itself, of a struct with `@Record`.
    public func underlying<Underlying: Error & RemoteValue>(
        as type: Underlying.Type
    ) -> Underlying? {
        thrown(type) { (reader) throws(ValueDecodingError) in
            try Underlying(decoding: &reader)
        }
    }

    /// As the other two, of a type that is both.
    public func underlying<Underlying: Error & RemoteValue & Codable>(
        as type: Underlying.Type
    ) -> Underlying? {
        thrown(type) { (reader) throws(ValueDecodingError) in
            try Underlying(decoding: &reader)
        }
    }

    private func thrown<Underlying>(
        _ type: Underlying.Type,
        _ decode: (inout ValueReader) throws(ValueDecodingError) -> Underlying
    ) -> Underlying? {
        guard errorType == String(reflecting: type) else { return nil }
        return unsafe thrown.withUnsafeBytes { bytes in
            var reader = unsafe ValueReader(bytes)
            return try? decode(&reader)
        }
    }
}

extension SwoopError: CustomStringConvertible {
    /// Code, sentence, place, attempt, last output and advice, on as many lines as there is to say.
    ///
    /// Control characters of what tasks printed and hosts said are `?` in it; the properties have
    /// them.
    public var description: String {
        var lines = ["\(code): \(message)"]
        if !file.isEmpty { lines.append("  at \(file)\(line > 0 ? ":\(line)" : "")") }
        var whence: [String] = []
        if let task { whence.append("task \(task)") }
        if attempt > 0 { whence.append("attempt \(attempt)") }
        if !node.isEmpty { whence.append("on \(node)") }
        if !whence.isEmpty { lines.append("  " + whence.joined(separator: ", ")) }
        for line in lastOutput.suffix(5) { lines.append("  | \(PrintableText.printedLine(line))") }
        if !advice.isEmpty { lines.append("  \(advice)") }
        return PrintableText.lines(lines.joined(separator: "\n"))
    }
}

extension SwoopError {
    /// The error for a failure that came from the cluster; file and line are put in by the session.
    init(_ failure: TaskFailure) {
        var (code, advice): (Code, String)
        switch failure.kind {
        case .thrown: (code, advice) = (.taskFailed, "")
        case .trapped:
            (code, advice) = (.taskFailed, "A debug build prints the reason of the check.")
        case .died: (code, advice) = (.workerDied, Self.advice(afterSignal: failure.signal))
        case .refused: (code, advice) = (.unreachable, "")
        case .nothingThere: (code, advice) = (.workerDied, Self.globalAdvice)
        case .undecodable: (code, advice) = (.undecodable, Self.codecAdvice)
        case .unknownFunction:
            (code, advice) = (.invalidPlan, "Build and start the program again everywhere.")
        case .lost: (code, advice) = (.lost, "Run the plan again.")
        case .cancelled: (code, advice) = (.cancelled, "")
        case .noMemory: (code, advice) = (.noMemory, Self.memoryAdvice)
        case .inputFailed: (code, advice) = (.inputFailed, "")
        case .invalidGraph: (code, advice) = (.invalidPlan, "")
        case .unmetNeeds: (code, advice) = (.needsUnmet, Self.needsAdvice)
        case .sourceMissing: (code, advice) = (.sourceMissing, Self.pathAdvice)
        case .sourceDenied: (code, advice) = (.sourceDenied, Self.rightsAdvice)
        case .sourceChanged: (code, advice) = (.sourceChanged, Self.changeAdvice)
        case .sourceFailed: (code, advice) = (.sourceFailed, "")
        case .timedOut: (code, advice) = (.timedOut, Self.timeAdvice)
        case .notKept: (code, advice) = (.notKept, Self.keptAdvice)
        }
        if failure.errorType == String(reflecting: CollectionTooLarge.self) {
            (code, advice) = (.tooLarge, "Pass a larger cap, or reduce it in the cluster first.")
        }
        var message = failure.message
        if failure.errorType == String(reflecting: SumOverflow.self) {
            // The message ends in the type's name.
            advice =
                message.hasSuffix("Int128 holds")
                ? "There is no wider integer: make them Double first, which rounds, or sum their "
                    + "halves on their own."
                : "Make them a wider type first, such as Int128 or Double."
        }
        if [CollectionTooLarge.self, SumOverflow.self].contains(where: { (type: any Error.Type) in
            failure.errorType == String(reflecting: type)
        }) {
            let word = " threw "
            if let place = message[...].place(of: word) {
                message = message[..<place] + ": " + message[place...].dropFirst(word.count)
            }
        }
        self.init(code, message, advice: advice)
        task = failure.task == TaskID(high: 0, low: 0) ? nil : failure.task
        function = failure.function
        node = failure.node
        file = failure.file
        line = Int(failure.line)
        attempt = Int(failure.attempt)
        errorType = failure.errorType
        thrown = failure.thrown
        lastOutput = failure.lastOutput
    }

    private static let memoryAdvice =
        "Drop the handles of what is not needed, or start the cluster with a larger page budget."
    private static let globalAdvice =
        "A global of main.swift is not set on a worker, which does not run main: pass it as an "
        + "argument, or move it to another file. If it uses none, look for a null pointer."
    private static let keptAdvice =
        "`swoop data` lists what is kept now; make the plan again, or keep the data anew."
    private static let timeAdvice =
        "Give it more time (`timeout:`), or look at what it waits for with `swoop top`."
    private static let needsAdvice =
        "Declare less in its @Remote, or start the cluster with a larger node or page budget."
    static let pathAdvice = "Check the path; it goes by the folder that the program runs in."
    static let patternAdvice =
        "Patterns and ~ are not expanded: pass the paths themselves, many as an array."
    static let rightsAdvice = "Check whom it belongs to, and who may read or write it."
    static let changeAdvice = "Leave the file as it is until it is read, or make the plan again."
    static let codecAdvice =
        "See that what the type encodes is what it decodes, and that all programs are the same build."

    private static func advice(afterSignal signal: Int32) -> String {
        switch signal {
        case 0: "A remote function must not end its process: let it return or throw instead."
        case 7:
            "Memory that it read is behind no file any more, or the system has none left: look for "
                + "a mapped file that became shorter, and for full disks and memory."
        case 11: "Look for a recursion without an end, and for unsafe pointers."
        case 19...22: "A remote function must not stop its process: let it wait for what it needs."
        case 25: "A file that it wrote grew beyond what a process may write: `ulimit -f`."
        case 9: "If the system ended it, look for its memory use: `dmesg | tail`."
        default: ""
        }
    }
}
