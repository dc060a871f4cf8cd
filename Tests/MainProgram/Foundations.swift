// Tasks that use Foundation, whose C part has initialisers of its own: a worker must have run them.

import Foundation
import Swoop

@Remote func matches(_ text: String) throws -> Int {
    let expression = try NSRegularExpression(pattern: "[0-9]+")
    return expression.numberOfMatches(in: text, range: NSRange(text.startIndex..., in: text))
}

@Remote func isDirectory(_ path: String) throws -> Bool {
    try URL(fileURLWithPath: path).resourceValues(forKeys: [.isDirectoryKey]).isDirectory ?? false
}

@Remote func day(_ seconds: Double) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(secondsFromGMT: 0)
    formatter.dateFormat = "yyyy-MM-dd"
    return formatter.string(from: Date(timeIntervalSince1970: seconds))
}

@Remote func sorted(_ json: String) throws -> [String] {
    let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    return (object ?? [:]).keys.sorted()
}

@Remote func answer(_ command: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
}

@Remote func noted(_ value: Int) -> Int {
    let center = NotificationCenter()
    let count = Counter()
    let token = center.addObserver(forName: .init("noted"), object: nil, queue: nil) { _ in
        count.add(value)
    }
    center.post(name: .init("noted"), object: nil)
    center.removeObserver(token)
    return count.value
}

/// Counts under a lock.
private final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var sum = 0
    func add(_ number: Int) { lock.withLock { sum += number } }
    var value: Int { lock.withLock { sum } }
}

/// What Foundation answers in tasks.
func tellFoundation() async throws {
    try await withCluster(.ofTest) { cluster in
        await tellError("expression") {
            try await cluster.remotely { $0.call(matches, "1 and 22 and 333") }.value
        }
        await tellError("resource") {
            try await cluster.remotely { $0.call(isDirectory, "/") }.value
        }
        await tellError("date") { try await cluster.remotely { $0.call(day, 86_400) }.value }
        await tellError("json") {
            try await cluster.remotely { $0.call(sorted, #"{"b": 1, "a": [2]}"#) }.value
        }
        await tellError("process") {
            try await cluster.remotely { $0.call(answer, "echo here") }.value
        }
        await tellError("notification") { try await cluster.remotely { $0.call(noted, 4) }.value }
    }
}
