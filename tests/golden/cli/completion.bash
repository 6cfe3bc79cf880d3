_wrackline() {
  local word="${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "run validate plan explain list new schema completion conform fit replay tune diff-hash --help --version" -- "$word"))
    return
  fi
  case "${COMP_WORDS[1]}" in
    run) COMPREPLY=($(compgen -f -W "--help --set --sweep --seed --seeds --readable --json --quiet --jobs --db --junit --hash-trail --record-events --trace --trace-records --latency --steady" -- "$word")) ;;
    validate) COMPREPLY=($(compgen -f -W "--help --set --sweep --seed --seeds --readable --json --quiet" -- "$word")) ;;
    plan) COMPREPLY=($(compgen -f -W "--help --set --sweep --seed --seeds --readable --json --quiet" -- "$word")) ;;
    explain) COMPREPLY=($(compgen -W "--help" -- "$word")) ;;
    list) COMPREPLY=($(compgen -W "--help --dir --json anomalies codes delays faults guarantees metrics moments properties scenarios strategies" -- "$word")) ;;
    new) COMPREPLY=($(compgen -f -W "--help" -- "$word")) ;;
    schema) COMPREPLY=($(compgen -W "--help" -- "$word")) ;;
    completion) COMPREPLY=($(compgen -W "--help bash zsh fish" -- "$word")) ;;
    conform) COMPREPLY=($(compgen -f -W "--help --json --show" -- "$word")) ;;
    fit) COMPREPLY=($(compgen -f -W "--help --by --without --json --time-unit --unsorted --sort-window --negative --absurd --duplicates --key-column --event-column --arrival-column --value-column" -- "$word")) ;;
    replay) COMPREPLY=($(compgen -f -W "--help --watermark --window --early --early-records --accumulation --phase --rows --lateness --aggregate --quantile --max-future --max-age --per-key --jobs --json --time-unit --unsorted --sort-window --negative --absurd --duplicates --key-column --event-column --arrival-column --value-column" -- "$word")) ;;
    tune) COMPREPLY=($(compgen -f -W "--help --window --late-rate --p99 --holdout --level --interval --strategy --all --lateness --aggregate --quantile --max-future --max-age --per-key --jobs --json --time-unit --unsorted --sort-window --negative --absurd --duplicates --key-column --event-column --arrival-column --value-column" -- "$word")) ;;
    diff-hash) COMPREPLY=($(compgen -f -W "--help" -- "$word")) ;;
  esac
}
complete -F _wrackline wrackline
