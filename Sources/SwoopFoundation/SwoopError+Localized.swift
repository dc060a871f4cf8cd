// What Foundation shows of an error where a program asks for `localizedDescription`.

public import FoundationEssentials
public import Swoop

extension SwoopError: LocalizedError {
    /// What happened, in a sentence: `message`.
    public var errorDescription: String? { message }
    /// What to do about it, where something is known to help: `advice`.
    public var recoverySuggestion: String? { advice.isEmpty ? nil : advice }
}
