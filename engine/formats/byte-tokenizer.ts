/**
 * A `tokenizer.json` whose token ids are the byte values of UTF-8 text, for Hugging Face `tokenizers`: byte-level BPE with
 * no merges. Byte-level BPE writes every byte as a printable character (GPT-2's table): printable Latin-1 bytes stand for
 * themselves, the other 68 take the characters from U+0100 on, in order.
 */
export function byteTokenizer(): Record<string, unknown> {
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(byteCharacters().map((character, byte) => [character, byte])),
      merges: [],
    },
  };
}

/** The class and settings by which `AutoTokenizer` opens it: decoding gives back the bytes that were there, spaces untouched. */
export const byteTokenizerConfig = (modelMaxLength: number): Record<string, unknown> => ({
  tokenizer_class: "PreTrainedTokenizerFast",
  model_max_length: modelMaxLength,
  clean_up_tokenization_spaces: false,
});

function byteCharacters(): string[] {
  const printable = (byte: number) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}
