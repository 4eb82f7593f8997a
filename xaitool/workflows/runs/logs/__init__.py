"""Where people look at runs beside the run's folder: TensorBoard, Weights & Biases, MLflow."""
